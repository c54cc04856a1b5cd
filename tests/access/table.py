# ruff: noqa: E501 - the table is as wide as it is
"""Who may do what, written by hand: what the policy, the API and the lists are held against."""

from domain.access.roles import Action, Resource
from domain.confidential import FieldClass

# What each role may do in its place. A letter each: r read, c create, w change, s settle, g grant,
# v review access, x export; large: R, C and S everywhere, W only one's own; i and I: read and change
# one's own wherever; a: read and settle what one is asked for, wherever; "-": nothing.
# The columns: customer, ownership, interaction, request, member, department, import, report, audit,
# access, sharing, opportunity, order, campaign, policy, review, feedback and review-policy.
TABLE = """
account-manager    rcW      rcW       rcW         rC      R      R          -      -      -     iI      R     rcW      rcW      RC       R         iIa      Ci       R
sales              rcW      rcW       rcW         rC      R      R          -      -      -     iI      R     rcW      rcW      RC       R         iIa      Ci       R
service            r        r         rcW         rwC     R      R          -      -      -     iI      R     -        r        R        R         iIa      Ci       R
marketing          r        r         r           -       R      R          -      r      -     iI      R     rc       -        Rcw      R         iIa      Ci       R
finance            r        r         r           -       R      R          -      r      -     iI      R     r        rcw      R        R         iIa      Ci       R
logistics          r        r         r           rw      R      R          -      -      -     iI      R     -        r        -        R         iIa      Ci       R
team-lead          rcw      rcws      rcw         rwC     R      R          -      r      rc    iI      RwS   rcw      rcw      Rcw      Rcw       iIarcwS  Ci       R
hr                 -        -         -           -       Rcw    R          -      r      -     iI      R     -        -        -        R         iIarcws  Cir      Rcw
auditor            r        r         r           r       r      r          r      r      rx    r       r     r        r        r        r         r        r        r
administrator      -        -         -           -       Rcw    Rcw        rcw    -      -     iIrwgv  R     -        -        -        Rcw       iIa      Ci       R
"""
LETTERS = {
    Action.READ: "r",
    Action.CREATE: "c",
    Action.CHANGE: "w",
    Action.SETTLE: "s",
    Action.GRANT: "g",
    Action.REVIEW: "v",
    Action.EXPORT: "x",
}
SHOWN = {
    "account-manager": {FieldClass.CONTACT, FieldClass.NOTES, FieldClass.MONEY},
    "sales": {FieldClass.CONTACT, FieldClass.NOTES, FieldClass.MONEY},
    "service": {FieldClass.CONTACT, FieldClass.NOTES},
    "marketing": set(),
    "finance": {FieldClass.MONEY},
    "logistics": {FieldClass.CONTACT},
    "team-lead": {FieldClass.CONTACT, FieldClass.NOTES, FieldClass.MONEY},
    "hr": {FieldClass.CONTACT, FieldClass.REVIEW},
    "auditor": set(FieldClass),
    "administrator": set(),
}
CELLS = {
    (role, resource): cell
    for role, *cells in (line.split() for line in TABLE.split("\n") if line)
    for resource, cell in zip(Resource, cells, strict=True)
}
