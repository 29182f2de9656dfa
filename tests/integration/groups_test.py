"""Groups of real devices behind `probate proxy`: by ClientID, in faults, figures and verdicts."""

import json
import signal
import unittest

from control_test import ControlCase, probate
from program import START_SECONDS, check, wait_until
from proxy_test import end, events, figure

SCENARIO = """
version: 1
name: groups
fleet:
  meters: {devices: "meter-*", count: 2}
  gateways: {devices: "gw-*"}
backend: {presence: [naive]}
gate:
  - {name: meters-fell, expect: "wills_true{group=meters} == 2"}
  - {name: nobody-else-did, expect: "wills_expected{group=gateways} == 0"}
"""


class Groups(ControlCase):
    def scenario(self, text=SCENARIO):
        path = self.folder / "groups.yaml"
        path.write_text(text)
        return path

    def test_are_hit_counted_and_judged_apart(self):
        with self.proxy("--scenario", self.scenario(), "--observe", "--metrics", "0") as run:
            for client_id in ("meter-1", "meter-2", "gw-1", "phone"):
                self.device(client_id)
            self.assertEqual({name: link["group"] for name, link in self.links().items()},
                             {"meter-1": "meters", "meter-2": "meters", "gw-1": "gateways",
                              "phone": "devices"})
            made = self.command("fault", "add", "half_open", "--on", "group=meters")
            check("on group: meters: 2 hit" in made.stdout, f"{made}", run)
            # Their silence is over, and the broker learns it.
            self.assertEqual(self.command("fault", "heal", "--all").returncode, 0)
            wait_until(lambda: figure(run, 'will_obligations_total{class="true"}') == 2,
                       "both wills are judged", START_SECONDS)
            self.assertEqual(figure(run, 'devices{group="gateways",state="online"}'), 1)
            self.assertEqual(figure(run, 'connects_total{group="devices"}'), 1)
            end(run)
            result = run.result()
            groups = result["scenario"]["groups"]
            self.assertEqual([(each["name"], each["devices"]) for each in groups],
                             [("devices", 1), ("meters", 2), ("gateways", 1)])
            self.assertEqual(events(run, "fault_added")[0]["on"], "group: meters")
            again = probate("gate", str(run.out))
            check(again.returncode == 0, f"gate: {again.stdout}{again.stderr}", run)
            stored = probate("gate", str(run.out / "result.json"))
            check(stored.returncode == 0, f"gate: {stored.stderr}", run)
            check("4 devices" in stored.stdout, f"gate: {stored.stdout}", run)
            # What was judged again has all that judging needs, faults by hand among it.
            judged = self.folder / "judged-again"
            for folder in (run.out, judged):
                once_more = probate("gate", str(folder), "--out", str(judged))
                check(once_more.returncode == 0, f"gate {folder}: {once_more.stderr}", run)

    def test_have_places_of_their_own(self):
        with self.proxy("--scenario", self.scenario(), "--observe") as run:
            for client_id in ("meter-1", "meter-2", "meter-3", "gw-1"):
                self.device(client_id)
            links = self.links()
            check(links["gw-1"]["group"] == "gateways", f"{links}", run)
            check(links[""]["group"] == "", f"{links}", run)
            wait_until(lambda: "more than 2 ClientIDs of the group meters" in run.stderr(),
                       "it says that", START_SECONDS)
            end(run, code=3)

    def test_are_those_of_the_start_when_the_scenario_is_read_again(self):
        with self.proxy("--scenario", self.scenario(), "--observe") as run:
            self.scenario(SCENARIO.replace('"gw-*"', '"gateway-*"'))
            run.signal(signal.SIGHUP)
            wait_until(lambda: "`fleet` is not what it was" in run.stderr(), "it is refused",
                       START_SECONDS)
            end(run, code=4)


if __name__ == "__main__":
    unittest.main()
