"""What every emulator shares: HTTP server, clock, faults, request log, rules and their switches, control API.

Start reading at `app.EmulatorApp` (what one emulator implements) and `server.EmulatorServer` (what runs it).
`client.ControlClient` is the Python side of the control API; `running.Emulator` is the `with` statement.
"""
