#include "sim/yaml/keys.hpp"

#include <algorithm>
#include <array>

namespace probate::yaml {
namespace {

namespace language {

using enum Shape;

// Packets that faults can treat; a CONNECT is refuse's, connect_delay's and sim_arrears'.
constexpr std::string_view kPackets =
    "connack|publish|puback|pubrec|pubrel|pubcomp|subscribe|suback|unsubscribe|unsuback|pingreq|"
    "pingresp|disconnect|auth";

// A key of the language whose feature this version lacks.
constexpr Key later(std::string_view path) {
  return {path, map, "", "", "Not supported by this version.", "", false};
}

constexpr std::array kScenarioKeys{
    Key{"version", whole, "1", "required", "The version of the language: 1."},
    Key{"name", text, "", "the file's name", "What the run is called in results."},
    Key{"about", text, "", "", "One sentence for readers; shown in reports."},
    Key{"seed", whole, "", "1", "Decides victims, times and jitter."},
    Key{"include", text_list, "", "",
        "Files merged below this one: maps deeply, the includer wins, lists are replaced."},
    Key{"fidelity", word, "stream|segment", "stream",
        "How real a silence is; segment: TCP's own, where this machine lets the proxy."},
    Key{"require_fidelity", word, "stream|segment", "",
        "As `fidelity`, but the run does not begin where that cannot be had."},
    later("processes"),

    Key{"broker", map, "", "a managed mosquitto", "What the fleet connects to."},
    Key{"broker.managed", word, "mosquitto", "mosquitto",
        "A private broker on a free loopback port, ended with the run."},
    Key{"broker.config", settings, "", "", "Settings of the managed broker, by its own names."},
    Key{"broker.address", text, "", "", "HOST:PORT of a broker of yours instead."},
    Key{"broker.username", text, "", "", "For observers; devices have their own."},
    Key{"broker.password_file", text, "", "", "A file whose content is the password."},
    Key{"broker.profile", text, "", "detected",
        "What the broker is known to do: a name (probate list profiles) or a file."},
    Key{"broker.wills", word, "expected|none", "expected",
        "none: the broker publishes no wills; the self-test is left out."},
    Key{"broker.capacity", map, "", "", "With --engine virtual: how fast it takes connections."},
    Key{"broker.capacity.connects", rate, "", "12000/s", "Connections accepted, at most."},
    Key{"broker.capacity.backlog", whole, "", "100",
        "Connections that wait for that; further ones are dropped and try again."},
    Key{"broker.tls", map, "", "", "Speak TLS with the broker at `address`; {} for defaults."},
    Key{"broker.tls.ca", text, "", "the machine's", "File, PEM: whom to trust."},
    Key{"broker.tls.sni", text, "", "the address's host",
        "The name to ask for, which the broker's certificate must be for."},
    Key{"broker.tls.cert", text, "", "", "File, PEM: our certificate, for a broker that asks."},
    Key{"broker.tls.key", text, "", "", "File, PEM: the key of `cert`."},
    Key{"broker.tls.insecure", boolean, "", "false",
        "Take any certificate; a test bench's, for example."},

    Key{"devices", named_map, "", "required", "Kinds of device, by name."},
    Key{"devices.*.preset", text, "", "",
        "Start from a preset: a name (probate list presets) or a file. Keys beside it override "
        "it."},
    Key{"devices.*.client_id", text, "", "the preset's", "ClientID; a template."},
    Key{"devices.*.protocol", word, "3.1|3.1.1|5", "3.1.1",
        "MQTT version; 3.1 says MQIsdp, level 3."},
    Key{"devices.*.clean", boolean, "", "true", "Clean session (3.x), clean start (5)."},
    Key{"devices.*.session_expiry", duration, "never", "0s", "MQTT 5; whole seconds."},
    Key{"devices.*.keep_alive", duration, "", "60s", "Whole seconds; 0s switches it off."},
    Key{"devices.*.connect", map, "", "", "How it connects."},
    Key{"devices.*.connect.tcp_timeout", duration, "", "2m", "Wait for TCP to open."},
    Key{"devices.*.connect.connack_timeout", duration, "", "1m", "Wait for CONNACK."},
    Key{"devices.*.connect.retry", map, "", "", "The wait between two attempts."},
    Key{"devices.*.connect.retry.policy", word, "fixed|exponential", "exponential",
        "fixed waits `every`; exponential doubles from `base` to `max`."},
    Key{"devices.*.connect.retry.every", duration, "", "2s", "With policy fixed."},
    Key{"devices.*.connect.retry.base", duration, "", "1s", "With policy exponential."},
    Key{"devices.*.connect.retry.max", duration, "", "1m", "With policy exponential."},
    Key{"devices.*.connect.retry.jitter", word, "none|full", "full",
        "full draws each wait between 0 and its nominal length; with policy exponential."},
    Key{"devices.*.will", map, "none", "none", "The Last Will; none removes a preset's."},
    Key{"devices.*.will.topic", text, "", "required", "A template."},
    Key{"devices.*.will.payload", text, "", "\"\"", "A template."},
    Key{"devices.*.will.encoding", word, "text|sparkplug", "text",
        "sparkplug: a Sparkplug B NDEATH with the metric bdSeq, in place of `payload`."},
    Key{"devices.*.will.qos", whole, "0|1|2", "0", "Quality of service."},
    Key{"devices.*.will.retain", boolean, "", "false", "Retain flag."},
    Key{"devices.*.will.delay", duration, "", "0s", "MQTT 5 Will Delay Interval; whole seconds."},
    later("devices.*.will.message_expiry"),
    later("devices.*.will.content_type"),
    later("devices.*.will.response_topic"),
    later("devices.*.will.correlation_data"),
    later("devices.*.will.user_properties"),
    Key{"devices.*.birth", map, "none", "none",
        "Said when the device is online: after SUBACK, else after CONNACK."},
    Key{"devices.*.birth.topic", text, "", "required", "A template."},
    Key{"devices.*.birth.payload", text, "", "\"\"", "A template."},
    Key{"devices.*.birth.encoding", word, "text|sparkplug", "text",
        "sparkplug: a Sparkplug B NBIRTH with the metric bdSeq, in place of `payload`."},
    Key{"devices.*.birth.qos", whole, "0|1|2", "0", "Quality of service."},
    Key{"devices.*.birth.retain", boolean, "", "false", "Retain flag."},
    Key{"devices.*.birth.when", word, "connect|boot", "connect",
        "After every connect, or once after each boot."},
    Key{"devices.*.farewell", map, "none", "none",
        "Said before DISCONNECT when the device leaves on purpose (do: leave), not after an "
        "error."},
    Key{"devices.*.farewell.topic", text, "", "required", "A template."},
    Key{"devices.*.farewell.payload", text, "", "\"\"", "A template; not that of the will."},
    Key{"devices.*.farewell.qos", whole, "0|1|2", "0", "Quality of service."},
    Key{"devices.*.farewell.retain", boolean, "", "false", "Retain flag."},
    Key{"devices.*.subscribe", text_list, "", "[]", "Topic filters; templates."},
    Key{"devices.*.subscribe_qos", whole, "0|1|2", "0", "Quality of service of all of them."},
    Key{"devices.*.publish", list, "", "[]", "Messages sent at intervals while online."},
    Key{"devices.*.publish[].topic", text, "", "required", "A template."},
    Key{"devices.*.publish[].payload", text, "", "\"\"", "A template."},
    Key{"devices.*.publish[].qos", whole, "0|1|2", "0", "Quality of service."},
    Key{"devices.*.publish[].retain", boolean, "", "false", "Retain flag."},
    Key{"devices.*.publish[].every", duration, "", "required", "The interval."},
    Key{"devices.*.workload", word, "periodic|luat_loop", "periodic",
        "periodic: `publish` alone; luat_loop: the Luat demo's receive loop."},
    Key{"devices.*.luat_loop", map, "", "", "With workload luat_loop."},
    Key{"devices.*.luat_loop.receive_timeout", duration, "", "2m",
        "A wait without a message this long ends with a report."},
    Key{"devices.*.luat_loop.publish_every", duration, "", "3m",
        "The timer that interrupts the wait and sends a response."},
    Key{"devices.*.luat_loop.report", map, "", "required", "The message after a timeout."},
    Key{"devices.*.luat_loop.report.topic", text, "", "required", "A template."},
    Key{"devices.*.luat_loop.report.payload", text, "", "\"\"", "A template."},
    Key{"devices.*.luat_loop.report.qos", whole, "0|1|2", "0", "Quality of service."},
    Key{"devices.*.luat_loop.report.retain", boolean, "", "false", "Retain flag."},
    Key{"devices.*.luat_loop.response", map, "", "required", "The message of the timer."},
    Key{"devices.*.luat_loop.response.topic", text, "", "required", "A template."},
    Key{"devices.*.luat_loop.response.payload", text, "", "\"\"", "A template."},
    Key{"devices.*.luat_loop.response.qos", whole, "0|1|2", "0", "Quality of service."},
    Key{"devices.*.luat_loop.response.retain", boolean, "", "false", "Retain flag."},
    Key{"devices.*.on_error", word, "disconnect|close|reset", "disconnect",
        "How it leaves a connection it believes broken: DISCONNECT and close, FIN, or RST."},
    Key{"devices.*.pingresp_timeout", duration, "none", "none",
        "How long it waits for PINGRESP; none never notices a missing one."},
    Key{"devices.*.username", text, "", "", "Absent: no user name in CONNECT."},
    Key{"devices.*.password_file", text, "", "", "A file whose content is the password."},
    later("devices.*.tls"),

    Key{"fleet", named_map, "", "required", "Groups of devices, by name."},
    Key{"fleet.*.device", text, "", "required", "A name under devices."},
    Key{"fleet.*.count", whole, "", "required",
        "How many; of real devices: for how many there is room, 1000 if it is not said."},
    Key{"fleet.*.devices", text, "", "", "Of a proxy: the real devices whose ClientIDs fit."},
    Key{"fleet.*.link", map, "", "", "What lies between them and the broker, always."},
    Key{"fleet.*.link.latency", duration, "", "0s", "One way, each way."},
    Key{"fleet.*.link.jitter", duration, "", "0s", "Uniform in ±jitter; never reorders."},
    Key{"fleet.*.link.nat_idle", map, "", "",
        "Idle connections are forgotten: as a fault nat_idle on the whole group, until settle."},
    Key{"fleet.*.link.nat_idle.after", duration, "", "required", "So long nothing passed."},
    Key{"fleet.*.link.nat_idle.then", word, "silent|rst_sender|rst", "silent",
        "As `then` of a fault."},
    Key{"fleet.*.link.nat_idle.notices", distribution, "own|never", "{uniform: [2s, 10s]}",
        "With then: silent; when the device learns that its link is dead."},
    Key{"fleet.*.link.bandwidth", byte_rate, "", "",
        "As a fault bandwidth on the whole group, each way, until settle."},
    Key{"fleet.*.link.loss", share, "", "",
        "As a fault lossy on the whole group, each way, until settle."},

    Key{"phases", list, "", "required", "One after another; faults name them."},
    Key{"phases[].name", text, "", "required", "What faults and rules call it."},
    Key{"phases[].connect", map, "", "",
        "The fleet connects in this phase; without any: in the first, evenly, 200/s."},
    Key{"phases[].connect.arrival", word, "even|poisson", "even", "How arrivals are spread."},
    Key{"phases[].connect.rate", rate, "", "200/s", "How many connect."},
    Key{"phases[].for", duration, "auto", "", "How long; auto until every will is due."},
    Key{"phases[].at_most", duration, "", "10m", "The bound of `for: auto`."},
    Key{"phases[].until", map, "", "", "Ends when that much of the fleet is online."},
    Key{"phases[].until.online", share, "", "100%", "Share of the fleet."},
    Key{"phases[].until.timeout", duration, "", "3m", "Ends then at the latest."},

    Key{"faults", list, "", "[]", "What goes wrong, when, for whom."},
    Key{"faults[].name", text, "", "required", "What rules and reports call it."},
    Key{"faults[].at", text, "", "", "Once: PHASE + DURATION."},
    Key{"faults[].every", duration, "", "", "Repeated, with `during`."},
    Key{"faults[].rate", rate, "", "", "Poisson for each selected device, with `during`."},
    Key{"faults[].during", text, "", "", "The phase of `every` or `rate`."},
    Key{"faults[].on", map, "", "every device", "Whom; all conditions must match."},
    Key{"faults[].on.group", text, "", "", "A name under fleet."},
    Key{"faults[].on.devices", text, "", "", "A glob over ClientIDs: * and ?."},
    Key{"faults[].on.username", text, "", "", "Behind a proxy: a glob over user names, * and ?."},
    Key{"faults[].on.source", text, "", "", "Behind a proxy: a glob over addresses, as 10.20.*."},
    Key{"faults[].on.listener", text, "", "", "Behind a proxy: a glob over its addresses, *:1884."},
    Key{"faults[].on.sni", text, "", "", "Behind a proxy: a glob over names that TLS asks for."},
    Key{"faults[].on.hash", text, "", "", "I/N: one of N equal parts of the fleet."},
    Key{"faults[].on.share", share, "", "", "That share of those that match."},
    Key{"faults[].on.count", whole, "", "", "That many of them, anew at every firing."},
    Key{"faults[].on.where", word, "online", "", "Only devices that are online then."},
    Key{"faults[].do", word,
        "drop|stall|half_open|sim_arrears|duplicate_login|latency|mqtt|leave|power_cut|rebind|"
        "nat_idle|outage|bandwidth|lossy|slice|limit|slow_close|refuse|connect_delay|"
        "broker_restart|takeover_order|vanish|syn_drop",
        "required", "The fault."},
    Key{"faults[].for", distribution, "never", "until settle heals it",
        "How long; never with power_cut."},
    Key{"faults[].ramp", duration, "", "", "Heals the members spread evenly over this time."},
    Key{"faults[].until", word, "device_returns", "", "half_open: ends when the device redials."},
    Key{"faults[].notices", distribution, "own|never", "{uniform: [2s, 10s]}",
        "half_open, sim_arrears, rebind, nat_idle: when the device learns that its link is "
        "dead."},
    Key{"faults[].how", word, "fin|rst|term|kill", "rst",
        "drop, limit, mqtt cut_inside: how the legs are closed, fin or rst; broker_restart: told "
        "to "
        "end, term (its default), or killed, kill."},
    Key{"faults[].leg", word, "device|broker|both", "both", "drop, vanish: which of them."},
    Key{"faults[].direction", word, "up|down|both", "both",
        "stall, latency, bandwidth, lossy, slice, limit, mqtt: which way."},
    Key{"faults[].ack", word, "none|proxy", "as `fidelity`",
        "stall: who acknowledges what is sent into it: nobody, which needs what segment needs, or "
        "the proxy."},
    Key{"faults[].mode", word, "barred|cut|walled_garden|throttled", "cut",
        "sim_arrears: the next attach fails; silent now; silent, and new connections meet the "
        "operator's portal; slow."},
    Key{"faults[].answer", word, "discard|redirect", "redirect",
        "sim_arrears walled_garden: a new CONNECT is swallowed, or answered with an HTTP 302."},
    Key{"faults[].throughput", byte_rate, "", "16KiB/s",
        "bandwidth: required, each way; sim_arrears throttled: both ways together."},
    Key{"faults[].after", duration, "", "required",
        "nat_idle: so long nothing passed; limit: so long after the connection was accepted."},
    Key{"faults[].bytes", bytes, "", "",
        "limit: so much passed, or `after`; mqtt cut_inside: so much of the packet."},
    Key{"faults[].loss", share, "", "required",
        "lossy: of the packets; with fidelity segment, of the segments."},
    Key{"faults[].rto", duration, "", "200ms",
        "lossy: what a loss costs; doubled at every further one of the same packet. With fidelity "
        "segment the peers' own TCP decides."},
    Key{"faults[].piece", bytes, "", "required", "slice: at most so much at once."},
    Key{"faults[].then", word, "silent|rst_sender|rst", "silent",
        "nat_idle: nobody is told; the device is reset when it sends; both are reset at once."},
    Key{"faults[].logins", whole, "", "1", "duplicate_login: how often the twin logs in."},
    Key{"faults[].gap", duration, "", "1s",
        "duplicate_login: between two logins; slice: between two pieces; takeover_order: between "
        "CONNECT and the old end."},
    Key{"faults[].will", word, "carry|strip", "carry",
        "duplicate_login: whether the twin has the victim's will."},
    Key{"faults[].delay", duration, "", "required",
        "latency: added one way; slow_close: to FIN; connect_delay: to CONNECT; mqtt hold: to the "
        "packet."},
    Key{"faults[].jitter", duration, "", "0s", "latency: uniform in ±jitter; never reorders."},
    Key{"faults[].swallow", word, kPackets, "", "mqtt: the packet that never arrives."},
    Key{"faults[].hold", word, kPackets, "",
        "mqtt: the packet that arrives `delay` later, with all that is behind it."},
    Key{"faults[].duplicate", word, kPackets, "",
        "mqtt: the packet that arrives twice, a PUBLISH of QoS 1 or 2 then with DUP."},
    Key{"faults[].reorder", word, kPackets, "",
        "mqtt: the packet that the next one of its way overtakes."},
    Key{"faults[].cut_inside", word, kPackets, "",
        "mqtt: the packet of which `bytes` arrive before the connection is cut, `how`."},
    Key{"faults[].rewrite", word, "connack|puback|pubrec|suback|unsuback|disconnect", "",
        "mqtt: the packet that says `reason` when it arrives."},
    Key{"faults[].inject", word, "connack|disconnect", "",
        "mqtt: the packet that the device gets although the broker did not send it, with "
        "`reason`."},
    Key{"faults[].nth", whole, "", "all of them",
        "mqtt: only that one of those that match, counted for each device from when it strikes."},
    Key{"faults[].topic", text, "", "", "mqtt: only a PUBLISH whose topic the filter matches."},
    Key{"faults[].qos", whole, "0|1|2", "", "mqtt: only a PUBLISH of that quality of service."},
    Key{"faults[].reason", whole, "", "",
        "mqtt: only a packet with that reason or return code, 135 or 0x87; rewrite, inject: what "
        "it "
        "says."},
    Key{"faults[].connect", word, "before|after", "before",
        "takeover_order: when the next CONNECT reaches the broker, `gap` before or after the old "
        "end."},
    Key{"faults[].epoch", word, "kept|reset", "kept",
        "power_cut: whether {epoch} starts again at 1 after the boot."},
    Key{"faults[].recover", map, "", "at once, of all",
        "sim_arrears: when a payment takes effect, and for whom that is not enough."},
    Key{"faults[].recover.needs_reboot", share, "", "none",
        "Not throttled: so many of the simulated devices dial no more once an attempt was in vain, "
        "until their power is cycled."},
    Key{"faults[].recover.reboot", distribution, "", "",
        "Needed with needs_reboot: from the payment's effect to that power cycle."},
    Key{"faults[].recover.batch_at", duration, "", "0s with batch_every",
        "Payments take effect together: who has paid by then, from the start of the phase in which "
        "it struck."},
    Key{"faults[].recover.batch_every", duration, "", "one batch",
        "And again so often, with all that were paid since."},

    Key{"backend", map, "", "", "How the back end decides who is offline."},
    Key{"backend.wills", text_list, "", "derived from the devices", "Topic filters of wills."},
    Key{"backend.births", text_list, "", "derived from the devices", "Topic filters of births."},
    Key{"backend.messages", text_list, "", "derived from the devices",
        "Topic filters of other messages."},
    Key{"backend.publish", list, "", "[]", "Messages to each device at intervals."},
    Key{"backend.publish[].topic", text, "", "required", "A template."},
    Key{"backend.publish[].payload", text, "", "\"\"", "A template."},
    Key{"backend.publish[].qos", whole, "0|1|2", "0", "Quality of service."},
    Key{"backend.publish[].retain", boolean, "", "false", "Retain flag."},
    Key{"backend.publish[].every", duration, "", "required", "The interval."},
    Key{"backend.qos", whole, "0|1|2", "1", "Of the back end's subscriptions."},
    Key{"backend.presence", policies,
        "naive_alarm|naive|naive_birth|debounce|epoch|sparkplug|retained|last_seen|"
        "last_seen_will|hybrid|aws_lifecycle|broker_events",
        "[naive]", "The policies to compare, with parameters where they take some."},

    Key{"judge", map, "", "", "Allowances of the judge; never scaled."},
    Key{"judge.allowance", duration, "", "1s", "From the broker to the observer."},
    Key{"judge.horizon", duration, "", "5s", "A will later than this after its window is missing."},
    Key{"judge.flicker", duration, "", "1s",
        "The second false-offline figure leaves out shorter ones."},
    Key{"judge.takeover_reading", word, "A|B|either", "the profile's",
        "A delayed will whose session a takeover ends: A none, B published at once."},

    Key{"gate", rules, "", "[]", "What must hold. A plain text is an `expect`."},
    Key{"gate[].name", text, "", "rule-1, rule-2, …", "What reports call it."},
    Key{"gate[].expect", text, "", "required", "A rule: \"wills_missing == 0\"."},
    Key{"gate[].over", text, "", "run", "run, phase NAME, fault NAME or last 60s."},
    Key{"gate[].per", word, "group|fault|policy", "", "Must hold for each of them."},
    Key{"gate[].confidence", share, "", "", "Compares the exact bound at this level."},
    Key{"gate[].min_samples", whole, "", "1", "Fewer trials are inconclusive."},
    Key{"gate[].severity", word, "fail|warn", "fail", "warn never changes the exit code."},
    Key{"gate[].on_no_data", word, "inconclusive|fail|pass", "inconclusive",
        "The verdict without data."},
    Key{"gate[].for", duration, "", "", "Violated only if it stays violated that long."},
    Key{"gate[].abort", boolean, "", "false", "Ends the run as soon as the rule is violated."},
};

constexpr std::array kProfileKeys{
    Key{"about", text, "", "required", "Which broker, and how it was seen."},
    Key{"specification", boolean, "", "false",
        "It is no broker's: what the specification leaves open is open."},
    Key{"keep_alive", map, "", "required", "When a silent connection is closed."},
    Key{"keep_alive.rule", word, "timer|strikes|interval|ticks", "timer",
        "How the broker finds out."},
    Key{"keep_alive.factor_low", number, "", "1.5",
        "In keep-alives: the earliest (timer), what must have passed (interval, ticks)."},
    Key{"keep_alive.factor_high", number, "", "1.5", "timer: the latest, before `scan`."},
    Key{"keep_alive.floored", boolean, "", "false", "timer: floored to whole seconds."},
    Key{"keep_alive.scan", duration, "", "0s", "timer: added to the latest."},
    Key{"keep_alive.period", number, "", "0.75",
        "strikes: the time between looks, in keep-alives."},
    Key{"keep_alive.strikes", whole, "", "2", "strikes: looks in a row that find nothing."},
    Key{"keep_alive.interval", duration, "", "30s",
        "interval: the time between looks; at least 1s, at most half a keep-alive."},
    Key{"keep_alive.tick", duration, "", "10s", "ticks: the time between those of one connection."},
    Key{"keep_alive.counts_bytes", boolean, "", "false",
        "Part of a packet is a sign of life, too."},
    Key{"keep_alive.batch_max", whole, "", "0", "At most so many closes a batch; 0 is no limit."},
    Key{"keep_alive.batch_interval", duration, "", "0s", "The time between batches."},
    Key{"takeover", map, "", "required", "Whether a takeover publishes the old connection's will."},
    Key{"takeover.clean_to_clean", boolean, "", "true", "Old clean, new clean."},
    Key{"takeover.clean_to_kept", boolean, "", "true", "Old clean, new keeps the session."},
    Key{"takeover.kept_to_clean", boolean, "", "true", "Old kept its session, new is clean."},
    Key{"takeover.kept_to_kept", boolean, "", "true", "Both keep it; 3.x."},
    Key{"takeover.v5_kept_to_kept", boolean, "", "true", "MQTT 5, session expiry above 0."},
    Key{"takeover.v5_expired_to_any", boolean, "", "true", "MQTT 5, old session expiry 0."},
    Key{"takeover.new_delay_holds_it", boolean, "", "false",
        "None if the new connection keeps the session and has a will delay."},
    Key{"takeover.reading", word, "A|B|either", "either",
        "A delayed will whose session a takeover ends: A none, B published at once."},
    Key{"takeover.tells_old_client", boolean, "", "true",
        "MQTT 5: DISCONNECT 0x8E to the old one."},
    Key{"delay_ignores_zero_expiry", boolean, "", "false",
        "Waits the delay although the session has ended."},
    Key{"delay_head_of_line", boolean, "", "false", "A delayed will can wait behind newer ones."},
    Key{"delay_from_connect", boolean, "", "false", "Counts the delay from CONNECT."},
    Key{"delay_scan", duration, "", "0s", "Granularity of the delay timer."},
    Key{"expiry_scan", duration, "", "0s", "Granularity of the session expiry timer."},
    Key{"error_reason_deletes_will", boolean, "", "false",
        "DISCONNECT with a reason of 0x80 or more counts as graceful."},
    Key{"will_reason_deletes_will", boolean, "", "false", "DISCONNECT 0x04 counts as graceful."},
    Key{"malformed_deletes_will", boolean, "", "false", "No will after a malformed packet."},
    Key{"second_connect_deletes_will", boolean, "", "false",
        "A second CONNECT on a connection loses its will."},
    Key{"shutdown", word, "publishes|publishes_all_at_once|defers|loses", "publishes",
        "What an orderly end of the broker does with wills."},
    Key{"crash_loses_wills", boolean, "", "false", "A killed broker never publishes them."},
    Key{"crash_keeps_delayed_wills", boolean, "", "false",
        "But for those that wait for their delay just then."},
    Key{"will_before_connack", boolean, "", "true", "At a takeover: will, CONNACK, birth."},
    Key{"will_acl", word, "at_connect|at_publication", "at_connect",
        "When the will topic is held against the ACL."},
    Key{"observer_inflight_max", whole, "", "0", "QoS 1 and 2 on their way to one subscriber."},
    Key{"observer_queue_max", whole, "", "0", "And waiting for it; more are lost. 0: not known."},
    Key{"mechanics", map, "", "", "For the broker model only: what is behind the windows."},
    Key{"mechanics.keep_alive_scan", duration, "", "0s",
        "Looks at all connections together this often; 0s: at each by itself."},
    Key{"mechanics.timer_period", duration, "", "0s",
        "Delays and expiries end at multiples of it; 0s: of their `_scan`."},
    Key{"mechanics.server_keep_alive", duration, "", "0s",
        "MQTT 5: imposed on a client that asks for none, or more; 0s: nothing."},
    Key{"mechanics.v3_needs_keep_alive", boolean, "", "false",
        "3.x: a CONNECT with keep-alive 0 is refused with 0x02."},
    Key{"mechanics.keeps_sys", boolean, "", "false",
        "Nobody may publish to topics that begin with $SYS."},
    Key{"mechanics.error_says_why", boolean, "", "true",
        "MQTT 5: DISCONNECT before the close after a protocol error."},
    Key{"mechanics.v5_copy_per_subscription", boolean, "", "false",
        "MQTT 5: overlapping subscriptions bring a copy each."},
    Key{"mechanics.v3_first_match_counts", boolean, "", "false",
        "3.x: of those the most specific decides the QoS, not the highest."},
    Key{"evidence", map, "", "",
        "How each value is known: lists of keys; a section stands for all of it."},
    Key{"evidence.measured", text_list, "", "", "Seen on the wire."},
    Key{"evidence.code", text_list, "", "", "Read in the broker's source."},
    Key{"evidence.docs", text_list, "", "", "Its documentation says so."},
    Key{"evidence.issue", text_list, "", "", "A thread of its tracker says so."},
    Key{"evidence.specification", text_list, "", "", "The specification says so."},
    Key{"evidence.unverified", text_list, "", "", "Assumed; so is what stands nowhere."},
};

}  // namespace language

// The name of `path` directly below `parent`, or "".
std::string_view name_below(std::string_view path, std::string_view parent) {
  if (!parent.empty()) {
    if (!path.starts_with(parent) || path.size() <= parent.size() || path[parent.size()] != '.') {
      return {};
    }
    path.remove_prefix(parent.size() + 1);
  }
  const bool deeper = path.find('.') != std::string_view::npos || path == "*";
  return deeper ? std::string_view{} : path;
}

}  // namespace

std::span<const Key> scenario_keys() { return language::kScenarioKeys; }
std::span<const Key> profile_keys() { return language::kProfileKeys; }

std::vector<std::string_view> names_below(std::span<const Key> keys, std::string_view path) {
  std::vector<std::string_view> names;
  for (const Key& key : keys) {
    const std::string_view name = name_below(key.path, path);
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

const Key* find_key(std::span<const Key> keys, std::string_view path) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [path](const Key& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> parts;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('|'), words.size());
    parts.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return parts;
}

}  // namespace probate::yaml
