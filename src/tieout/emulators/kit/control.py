"""The control API: `/_emulator/…`, loopback only, JSON in and out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.http import Json, Request, Response, json_response

PREFIX = "/_emulator/"
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


class Control:
    """Routes control requests to the app. Unknown routes answer 404, wrong arguments 400 with the reason."""

    def __init__(self, app: EmulatorApp) -> None:
        self._app = app
        self._routes: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "health"): self._health,
            ("POST", "load"): self._load,
            ("POST", "save"): self._save,
            ("POST", "restore"): self._restore,
            ("GET", "clock"): lambda _: self._clock_now(),
            ("POST", "clock"): self._clock,
            ("GET", "config"): lambda _: app.config,
            ("POST", "config"): self._config,
            ("GET", "switches"): lambda _: app.switches.all(),
            ("POST", "switches"): self._switches,
            ("GET", "faults"): lambda _: {"faults": [fault.to_json() for fault in app.faults.faults]},
            ("POST", "faults"): lambda request: {"ids": app.faults.add(request.json["faults"])},
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "profile"): self._profile,
            ("POST", "admin"): self._admin,
            ("GET", "truth"): self._truth,
            ("GET", "log"): self._log,
            ("GET", "stats"): lambda _: app.recorder.stats(),
            ("POST", "stats/reset"): self._reset_stats,
        }

    def handle(self, request: Request) -> Response:
        """Answer one control request."""
        if request.peer not in LOOPBACK:
            return json_response(403, {"error": "the control API answers on loopback only"})
        route = self._routes.get((request.method, request.path[len(PREFIX) :].strip("/")))
        if route is None:
            return json_response(404, {"error": f"no control route {request.method} {request.path}"})
        try:
            return json_response(200, route(request))
        except (ValueError, KeyError, TypeError, OSError) as error:
            return json_response(400, {"error": f"{type(error).__name__}: {error}"})

    def _health(self, _: Request) -> Json:
        return {"ok": True, "system": self._app.system, "now": self._app.clock.now().isoformat()}

    def _load(self, request: Request) -> Json:
        self._app.load(request.json)
        return {"ok": True}

    def _save(self, request: Request) -> Json:
        app = self._app
        state = {
            "system": app.system,
            "switches": app.switches.all(),
            "config": app.config,
            "faults": app.faults.dump(),
            "last_n": app.recorder.last_n,
            "state": app.dump(),
        }
        Path(request.json["path"]).write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        return {"ok": True}

    def _restore(self, request: Request) -> Json:
        app = self._app
        state = json.loads(Path(request.json["path"]).read_text(encoding="utf-8"))
        if state["system"] != app.system:
            raise ValueError(f"this file holds the state of {state['system']}")
        app.restore(state["state"])
        app.switches.set(state["switches"])
        app.config.update(state["config"])
        app.faults.restore(state["faults"])
        app.recorder.last_n = max(app.recorder.last_n, state["last_n"])
        return {"ok": True}

    def _clock_now(self) -> Json:
        return {"now": self._app.clock.now().isoformat(), **self._app.clock.settings()}

    def _clock(self, request: Request) -> Json:
        self._app.clock.apply(request.json)
        return self._clock_now()

    def _config(self, request: Request) -> Json:
        self._app.configure(request.json)
        return self._app.config

    def _switches(self, request: Request) -> Json:
        self._app.switches.set(request.json)
        return dict(self._app.switches.all())

    def _clear_faults(self, _: Request) -> Json:
        self._app.faults.clear()
        return {"ok": True}

    def _profile(self, request: Request) -> Json:
        body = request.json
        self._app.faults.use_profile(body["profile"], int(body.get("seed", 0)))
        return {"ok": True}

    def _admin(self, request: Request) -> Json:
        arguments = dict(request.json)
        action = arguments.pop("action")
        self._app.run_due()
        return self._app.admin(action, arguments)

    def _truth(self, _: Request) -> Json:
        self._app.run_due()
        return {"now": self._app.clock.now().isoformat(), "records": self._app.truth()}

    def _log(self, request: Request) -> Json:
        return {"log": self._app.recorder.log(int(request.query.get("since", "0")))}

    def _reset_stats(self, _: Request) -> Json:
        self._app.recorder.reset_stats()
        return {"ok": True}
