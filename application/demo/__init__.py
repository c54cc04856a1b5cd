"""The sample company: five departments, thirty people, two hundred customers, ninety days.

Told into an empty log through the real rules; the same every time. ``words``, ``phrases``,
``chatter`` and ``topics_*`` hold what is said, ``people`` and ``companies`` who says it,
``staff``, ``accounts``, ``talking``, ``requests`` and ``disputes`` the storylines, ``script``
plays them out in time, and ``telling`` appends what follows.
"""

from application.demo.story import facts
from application.demo.telling import Told, is_told, landmarks, tell

__all__ = ["Told", "facts", "is_told", "landmarks", "tell"]
