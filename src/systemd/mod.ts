/**
 * Tells systemd the state of a service and pings its watchdog, from the process
 * itself. So it works with `NotifyAccess=main`, which ignores what `systemd-notify`
 * sends, unless root runs it.
 *
 * A unit with a watchdog:
 *
 * ```ini
 * [Service]
 * Type=notify
 * NotifyAccess=main
 * ExecStart=/usr/bin/deno run --allow-net --allow-ffi --allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID /srv/main.ts
 * WatchdogSec=10
 * Restart=on-failure
 *
 * [Install]
 * WantedBy=multi-user.target
 * ```
 *
 * A server that says when it listens, what it does and when it stops, and that
 * systemd restarts if its event loop hangs for 10 seconds:
 *
 * ```ts ignore
 * import { startHeartbeat, Status } from "@varta/client";
 * import { notify, SystemdWatchdog } from "@varta/client/systemd";
 *
 * let served = 0;
 * const onListen = () => notify({ ready: true });
 * const server = Deno.serve({ port: 8000, onListen }, () => {
 *   served++;
 *   return new Response("Hello");
 * });
 * Deno.addSignalListener("SIGTERM", () => {
 *   notify({ stopping: true });
 *   server.shutdown().then(() => Deno.exit());
 * });
 * const check = () => {
 *   notify({ status: `${served} requests served` });
 *   return Status.Ok;
 * };
 * const watchdog = SystemdWatchdog.connect();
 * if (watchdog) startHeartbeat(watchdog, { interval: watchdog.interval, check });
 * ```
 *
 * The status is sent with each ping and not with each request, so a request costs no
 * system call and cannot fail because of systemd.
 *
 * Outside of a service, `notify` returns `false` and `SystemdWatchdog.connect`
 * returns `undefined`.
 *
 * `ExecStart=` must start `deno` itself. Under a shell, `npx` or `deno task`, the
 * program is a child of the main process of the service: systemd ignores what a
 * child sends, and `WATCHDOG_PID` is not its id. A shell script must therefore end
 * with `exec deno run …`.
 *
 * The permissions are `--allow-ffi` and
 * `--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID`.
 *
 * Not supported are `FDSTORE=1` and `BARRIER=1`, which send file descriptors, and
 * addresses of the form `vsock:…`, by which a virtual machine notifies its host.
 *
 * @module
 */

export * from "./notify.ts";
export * from "./systemd_watchdog.ts";
