# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is logged in: users, sessions, their idle expiry, and what a session leaves behind when it ends."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from .core import ACTING, Call, Lab, ManagedObject, make, not_authenticated
from .sdk import vim, vmodl

Any = t.Any
IDLE_SECONDS = 1800.0  # vCenter's default: config.vmacore.soap.sessionTimeout, 30 minutes
SESSION_LIMIT = 2000  # vCenter's default: vpxd.maxSessionCount (KB 2004663)


class TooManySessions(Exception):
    """No session is left: real servers answer this with HTTP 503, not with a SOAP fault."""


@dataclasses.dataclass
class User:
    """Somebody who may log in."""

    name: str
    password: str
    full_name: str = ""
    groups: tuple[str, ...] = ()


@dataclasses.dataclass
class Session:
    """One login; what it created (views, filters, collectors, page tokens) dies with it."""

    key: str
    cookie: str
    user: str
    full_name: str
    login_time: datetime.datetime
    last_active: datetime.datetime
    busy: int = 0
    calls: int = 0
    locale: str = "en"
    address: str = "127.0.0.1"
    agent: str = ""
    owned: dict[str, ManagedObject] = dataclasses.field(default_factory=dict)
    pages: dict[str, Any] = dataclasses.field(default_factory=dict)  # by page token
    watches: dict[str, Any] = dataclasses.field(default_factory=dict)  # by property collector, see filters.py

    def own(self, obj: ManagedObject) -> ManagedObject:
        """Put an object on the server that lives as long as the session."""
        obj.lab.add(obj)
        self.owned[obj.moid] = obj
        return obj

    def disown(self, obj: ManagedObject) -> None:
        """Take such an object away before its time."""
        if self.owned.pop(obj.moid, None):
            obj.lab.remove(obj)


def principal(name: str) -> str:
    """Return the one spelling of a user's name: VSPHERE.LOCAL\\Administrator for administrator@vsphere.local."""
    short, _at, domain = name.partition("@")
    if "\\" in name:
        domain, _backslash, short = name.partition("\\")
    if not domain:
        return name
    return f"{domain.upper()}\\{short[:1].upper()}{short[1:].lower()}"


class SessionManager(ManagedObject):
    """Log in and out; know who is there."""

    wsdl = vim.SessionManager

    def __init__(self, lab: Lab, moid: str) -> None:
        locales = ["en", "de", "ja"]
        super().__init__(
            lab, moid, message="", messageLocaleList=locales, supportedLocaleList=locales, defaultLocale="en"
        )
        self.users: dict[str, User] = {}
        self.sessions: dict[str, Session] = {}  # by key
        self.tickets: dict[str, str] = {}
        self.idle_seconds = IDLE_SECONDS
        self.limit = SESSION_LIMIT

    def add_user(self, name: str, password: str, full_name: str = "", groups: t.Sequence[str] = ()) -> str:
        """Let somebody log in; returns the name that sessions, events and permissions show."""
        user = User(principal(name), password, full_name or name, tuple(groups))
        self.users[user.name.lower()] = user
        return user.name

    def user(self, name: str) -> User | None:
        """Return a user by any spelling of his name."""
        return self.users.get(principal(name).lower())

    # sessions

    def by_cookie(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie value, if it is alive."""
        self._expire()
        return next((session for session in self.sessions.values() if session.cookie == cookie), None)

    def check(self, session: Session | None) -> None:
        """Raise NotAuthenticated unless the session is alive; a call keeps it alive."""
        self._expire()
        if session is None or session.key not in self.sessions:
            raise not_authenticated(self)
        session.last_active = self.lab.clock.now()
        session.calls += 1

    def close(self, session: Session) -> None:
        """End a session and everything that belongs to it."""
        self.sessions.pop(session.key, None)
        for obj in list(session.owned.values()):
            session.disown(obj)
        session.pages.clear()
        self.lab.tick()  # whoever waits for updates in this session must notice

    def take_over(self, sessions: t.Mapping[str, Session]) -> None:
        """Keep logins over a reset of the lab; what they had created is gone."""
        for key, session in sessions.items():
            session.owned.clear()
            session.pages.clear()
            session.watches.clear()
            session.login_time = session.last_active = self.lab.clock.now()
            self.sessions[key] = session

    def _expire(self) -> None:
        oldest = self.lab.clock.now() - datetime.timedelta(seconds=self.idle_seconds)
        for session in [s for s in self.sessions.values() if s.last_active < oldest and not s.busy]:
            self.close(session)

    def _open(self, user: User, locale: str | None, agent: str) -> Session:
        self._expire()
        if len(self.sessions) >= self.limit:
            raise TooManySessions
        now, key = self.lab.clock.now(), f"52{self.lab.uuid()[2:]}"
        session = Session(key, self.lab.uuid().replace("-", ""), user.name, user.full_name, now, now)
        session.locale, session.agent = locale or "en", agent
        self.sessions[key] = session
        self.lab.post_event(
            vim.event.UserLoginSessionEvent(
                ipAddress=session.address, userAgent=session.agent, locale=session.locale, sessionId=key,
                userName=user.name,
            )
        )  # fmt: skip
        return session

    def describe(self, session: Session) -> Any:
        """Return the session as clients see it."""
        return make(
            vim.UserSession,
            key=session.key,
            userName=session.user,
            fullName=session.full_name,
            loginTime=session.login_time,
            lastActiveTime=session.last_active,
            locale=session.locale,
            messageLocale=session.locale,
            extensionSession=False,
            ipAddress=session.address,
            userAgent=session.agent,
            callCount=session.calls,
        )

    # properties

    def get_currentSession(self) -> Any:
        """Return the caller's own session; unset before Login."""
        call = ACTING.get()
        session = call.session if call else None
        return self.describe(session) if session and session.key in self.sessions else None

    def get_sessionList(self) -> list[Any]:
        """Return everybody's sessions."""
        return [self.describe(session) for session in self.sessions.values()]

    # methods

    def Login(self, call: Call, user_name: str, password: str, locale: str | None = None) -> Any:
        """Open a session; InvalidLogin for a wrong name or password, and for a second login in one session."""
        user = self.user(user_name or "")
        again = call.session is not None and call.session.key in self.sessions
        if user is None or user.password != password or again:
            self.lab.post_event(
                vim.event.BadUsernameSessionEvent(ipAddress="127.0.0.1", userName=user_name or "")
            )  # fmt: skip
            raise vim.fault.InvalidLogin(msg="Cannot complete login due to an incorrect user name or password.")
        call.session = self._open(user, locale, call.agent)
        return self.describe(call.session)

    def Logout(self, call: Call) -> None:
        """Close the caller's session."""
        session = call.session
        self.lab.post_event(
            vim.event.UserLogoutSessionEvent(
                ipAddress=session.address, userAgent=session.agent, callCount=session.calls, sessionId=session.key,
                loginTime=session.login_time,
            )
        )  # fmt: skip
        self.close(session)

    def SessionIsActive(self, call: Call, session_id: str, user_name: str) -> bool:
        """Tell whether somebody's session is alive."""
        session = self.sessions.get(session_id)
        return session is not None and session.user.lower() == principal(user_name).lower()

    def TerminateSession(self, call: Call, session_ids: list[str]) -> None:
        """Close other sessions; NotFound for an unknown one, InvalidArgument for one's own."""
        for key in session_ids:
            if call.session and key == call.session.key:
                raise vmodl.fault.InvalidArgument(invalidProperty="sessionId", msg="A session cannot end itself.")
            if key not in self.sessions:
                raise vim.fault.NotFound(msg="The session was not found.")
        for key in session_ids:
            self.close(self.sessions[key])

    def SetLocale(self, call: Call, locale: str) -> None:
        """Set the language of the session's messages."""
        call.session.locale = locale

    def UpdateServiceMessage(self, call: Call, message: str) -> None:
        """Set the message of the day."""
        self.set(message=message)

    def AcquireCloneTicket(self, call: Call) -> str:
        """Return a one-time ticket with which another client may take over this login."""
        ticket = f"cst-{self.lab.uuid()}"
        self.tickets[ticket] = call.session.user
        return ticket

    def CloneSession(self, call: Call, ticket: str) -> Any:
        """Open a session with such a ticket."""
        name = self.tickets.pop(ticket, "")
        if not name:
            raise vim.fault.InvalidLogin(msg="Cannot complete login due to an incorrect user name or password.")
        call.session = self._open(self.users[name.lower()], None, call.agent)
        return self.describe(call.session)
