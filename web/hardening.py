"""What every answer forbids a browser: to guess, to frame, to keep, to run, to tell others."""

import base64
import hashlib
import re

from flask import Response

_FEATURES = (
    "accelerometer",
    "autoplay",
    "camera",
    "cross-origin-isolated",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "keyboard-map",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "sync-xhr",
    "usb",
    "web-share",
    "xr-spatial-tracking",
)
"""What OWASP's REST security cheat sheet switches off, without the names browsers have dropped."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries, unless a page needs a policy of its own."""

_ADDED = [(name.lower(), name, value) for name, value in HEADERS.items()]

LOGO_STYLE = b".logo_small_svg__cls-2{fill:#fff}.logo_small_svg__cls-3{fill:#85ea2d}"
"""The one style that the documentation page's own files put into it: its logo's colours."""
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def protect(response: Response) -> None:
    """Put the headers on an answer that has none of its own by these names."""
    given = {name.lower() for name, _ in response.headers}
    for lowered, name, value in _ADDED:
        if lowered not in given:
            response.headers.add(name, value)


def allow_page(response: Response) -> None:
    """Let the documentation page run its own scripts, and ask this server: nothing else.

    Its one script within the page is named by its hash, so no other ever runs.
    """
    scripts = "".join(
        f" 'sha256-{_sha256(found)}'" for found in _INLINE_SCRIPT.findall(response.data)
    )
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self'{''.join(scripts)}",
            f"style-src 'self' 'sha256-{_sha256(LOGO_STYLE)}'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _sha256(text: bytes) -> str:
    return base64.b64encode(hashlib.sha256(text).digest()).decode()
