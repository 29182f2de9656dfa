"""A check that cannot fail is worthless: each rule fires on a small snippet, and only there."""

import pathlib
import tempfile
import textwrap
import unittest

import ban_rules
import coroutine_rule
import doc_rules
import include_rules
import tidy
import tree as tree_module
from tree import Tree, bare_code

PROBATE_HEADER = "// A header.\n#pragma once\n"


def found(rule, files):
    """The findings of one rule over a tree of snippets, as `path:line`."""
    tree = Tree({path: textwrap.dedent(text) for path, text in files.items()})
    return [f"{finding.path}:{finding.line}" for finding in rule(tree)]


def found_in(rule, path, text):
    return found(rule, {path: text})


class IncludeGraph(unittest.TestCase):
    HEADERS = {f"{part}/a.hpp": PROBATE_HEADER for part in include_rules.MAY_INCLUDE}

    def includes(self, path, *names):
        text = "".join(f'#include "{name}"\n' for name in names)
        return found(include_rules.include_graph, {**self.HEADERS, path: text})

    def test_fires_on_every_edge_that_is_not_in_the_graph(self):
        for part, allowed in include_rules.MAY_INCLUDE.items():
            for other in include_rules.MAY_INCLUDE:
                expected = [] if other == part or other in allowed else [f"{part}/b.cpp:1"]
                self.assertEqual(self.includes(f"{part}/b.cpp", f"{other}/a.hpp"), expected)

    def test_the_graph_is_the_one_that_was_decided(self):
        forbidden = [("core/base", "core/mqtt"), ("core/mqtt", "core/journal"),
                     ("core/journal", "core/device"), ("core/fault", "core/device"),
                     ("core/device", "core/broker"), ("core/broker", "core/fault"),
                     ("core/scenario", "core/analysis"), ("core/analysis", "core/broker"),
                     ("core/base", "proxy"), ("proxy", "metrics"), ("metrics", "proxy"),
                     ("proxy", "sim/live"), ("sim/live", "sim/yaml"), ("sim/report", "proxy"),
                     ("sim/virtual", "proxy"), ("sim/live", "sim/cli"), ("metrics", "sim/report")]
        for part, other in forbidden:
            self.assertTrue(self.includes(f"{part}/b.cpp", f"{other}/a.hpp"), (part, other))

    def test_has_no_cycle(self):
        for part, allowed in include_rules.MAY_INCLUDE.items():
            for other in allowed:
                self.assertNotIn(part, include_rules.MAY_INCLUDE[other], (part, other))

    def test_lets_the_judge_see_the_profile_only(self):
        files = {"core/broker/profile.hpp": PROBATE_HEADER, "core/broker/model.hpp": PROBATE_HEADER,
                 "core/analysis/judge.cpp": '#include "core/broker/profile.hpp"\n'
                                            '#include "core/broker/model.hpp"\n'}
        self.assertEqual(found(include_rules.include_graph, files), ["core/analysis/judge.cpp:2"])

    def test_fires_on_a_file_that_does_not_exist_and_on_one_written_from_the_side(self):
        self.assertEqual(self.includes("core/mqtt/b.cpp", "core/mqtt/none.hpp", "a.hpp"),
                         ["core/mqtt/b.cpp:1", "core/mqtt/b.cpp:2"])

    def test_fires_on_a_folder_outside_the_graph(self):
        self.assertEqual(self.includes("core/extra/b.cpp"), ["core/extra/b.cpp:1"])

    def test_fires_on_a_product_that_includes_a_test(self):
        files = {"tests/support/world.hpp": PROBATE_HEADER,
                 "proxy/link.cpp": '#include "tests/support/world.hpp"\n'}
        self.assertEqual(found(include_rules.include_graph, files), ["proxy/link.cpp:1"])

    def test_knows_generated_tables_and_lets_tests_see_everything(self):
        self.assertEqual(self.includes("sim/yaml/b.cpp", "core/device/embedded.hpp"), [])
        files = {"sim/cli/version.hpp.in": "", "sim/cli/b.cpp": '#include "sim/cli/version.hpp"\n'}
        self.assertEqual(found(include_rules.include_graph, files), [])
        self.assertEqual(self.includes("tests/unit/core/base/b_test.cpp", "sim/cli/a.hpp"), [])

    def test_ignores_an_include_in_a_comment(self):
        text = '// #include "proxy/a.hpp"\n/*\n#include "proxy/a.hpp"\n*/\n'
        self.assertEqual(found_in(include_rules.include_graph, "core/base/b.cpp", text), [])


class ForeignHeaders(unittest.TestCase):
    def fires(self, path, header):
        return bool(found_in(include_rules.foreign_headers, path, f"#include {header}\n"))

    def test_each_library_fires_outside_its_rooms_and_not_inside(self):
        for header, inside, outside in [
                ("<boost/asio/ip/tcp.hpp>", "proxy/link.cpp", "sim/report/a.cpp"),
                ("<boost/asio.hpp>", "sim/live/a.cpp", "core/fault/a.hpp"),
                ("<boost/beast/http.hpp>", "proxy/control.cpp", "metrics/exporter.cpp"),
                ("<yaml-cpp/yaml.h>", "sim/yaml/load.cpp", "core/scenario/load.cpp"),
                ("<prometheus/exposer.h>", "metrics/exporter.cpp", "sim/cli/main.cpp"),
                ("<civetweb.h>", "metrics/exporter.cpp", "proxy/a.cpp"),
                ("<boost/program_options.hpp>", "sim/cli/main.cpp", "sim/live/run.cpp"),
                ("<openssl/ssl.h>", "proxy/tls.cpp", "core/base/text.cpp"),
                ("<openssl/evp.h>", "core/base/digest.cpp", "sim/report/a.cpp"),
                ("<pugixml.hpp>", "sim/report/junit.cpp", "sim/cli/a.cpp"),
                ("<zlib.h>", "sim/report/gzip.cpp", "core/journal/a.cpp"),
                ("<mpi.h>", "sim/shard/a.cpp", "sim/live/a.cpp"),
        ]:
            self.assertTrue(self.fires(outside, header), (outside, header))
            self.assertFalse(self.fires(inside, header), (inside, header))

    def test_core_takes_only_what_was_given_to_it(self):
        for header in ["<unistd.h>", "<sys/socket.h>", "<math.h>", "<boost/algorithm/string.hpp>",
                       "<thread>", "<iostream>", "<fstream>", "<filesystem>", "<random>"]:
            self.assertTrue(self.fires("core/device/a.cpp", header), header)
        for header in ["<vector>", "<fmt/format.h>", "<boost/json.hpp>", "<boost/json/parse.hpp>",
                       "<boost/histogram.hpp>", "<boost/math/distributions/beta.hpp>"]:
            self.assertFalse(self.fires("core/device/a.cpp", header), header)

    def test_a_unit_test_keeps_to_the_libraries_of_its_part_but_may_measure(self):
        self.assertTrue(self.fires("tests/unit/core/mqtt/a_test.cpp", "<boost/asio.hpp>"))
        self.assertFalse(self.fires("tests/unit/core/mqtt/a_test.cpp", "<gtest/gtest.h>"))
        self.assertFalse(self.fires("tests/unit/core/mqtt/a_test.cpp", "<malloc.h>"))
        self.assertFalse(self.fires("tests/unit/proxy/a_test.cpp", "<boost/asio.hpp>"))
        self.assertFalse(self.fires("tests/integration/a_test.cpp", "<boost/asio.hpp>"))


class CoroutineTemporaries(unittest.TestCase):
    def fires(self, statement):
        text = "awaitable<void> serve(Config config) {\n  start();\n" + statement + "\n}\n"
        return found_in(coroutine_rule.coroutine_temporaries, "proxy/a.cpp", text)

    def test_fires_on_a_brace_or_a_question_mark(self):
        for statement in [
                "co_await serve([config] { run(config); });",
                "co_await send(Packet{1, 2});",
                "co_await send({.how = 1});",
                "auto reply = co_await ask(std::string{name});",
                "Reply reply{co_await ask(name)};",
                "combine(Packet{1, 2}, co_await ask(name));",
                "co_await send(urgent ? first : second);",
                "const auto x = urgent ? co_await ask(a) : co_await ask(b);",
                "co_return Reply{co_await ask(name)};",
                "if (co_await ask(Name{1, 2})) { go(); }",
                "co_await ask(\n    name,\n    Options{\n        .a = 1});",
        ]:
            self.assertEqual(len(self.fires(statement)), 1, statement)

    def test_lets_named_operands_pass(self):
        for statement in [
                "auto [error, size] = co_await socket.async_read_some(buffer, as_result);",
                "if (co_await ask(name)) {\n  go();\n}",
                "while (auto packet = co_await next()) {\n  go();\n}",
                "for (auto& item : co_await all()) {\n  go();\n}",
                "auto handler = [config] { run(config); };\nco_await serve(std::move(handler));",
                "const auto size = small ? 1 : 2;\nco_await wait(size);",
                "co_spawn(loop, [&]() -> awaitable<void> { co_await wait(size); }, detached);",
                "if (x) {\n  y();\n} else {\n  co_await wait(size);\n}",
                "Packet packet{1, 2};\nco_await send(packet);",
                "// co_await send(Packet{1, 2});\ngo();",
                'co_await log("{}?");',
                "switch (kind) {\n  case Kind::a:\n    co_await wait(size);\n    break;\n}",
                "try {\n  co_await wait(size);\n} catch (const Error& error) {\n}",
        ]:
            self.assertEqual(self.fires(statement), [], statement)


class Bans(unittest.TestCase):
    def fires(self, path, text):
        return bool(found_in(ban_rules.banned_code, path, text))

    def test_core_reads_no_clock_and_throws_nothing(self):
        self.assertTrue(self.fires("core/a/b.cpp", "auto t = std::chrono::steady_clock::now();\n"))
        self.assertTrue(self.fires("core/a/b.cpp", "auto t = Clock:: now ();\n"))
        self.assertTrue(self.fires("core/a/b.cpp", "throw Bad();\n"))
        self.assertFalse(self.fires("sim/live/b.cpp", "auto t = steady_clock::now();\n"))
        self.assertFalse(self.fires("sim/cli/b.cpp", "throw Bad();\n"))
        self.assertFalse(self.fires("core/a/b.cpp", "// It does not throw; see Clock::now().\n"))
        self.assertFalse(self.fires("core/a/b.cpp", 'f("throw", \'"\', R"(throw)");\n'))

    def test_nothing_in_sim_prints_to_a_stderr_that_may_be_gone(self):
        for text in ['fmt::print(stderr, "x");\n', 'std::fprintf(stderr, "x");\n']:
            self.assertTrue(self.fires("sim/cli/a.cpp", text), text)
        self.assertFalse(self.fires("sim/cli/a.cpp", 'fmt::print("x");\n'))
        self.assertFalse(self.fires("core/base/check.cpp", 'std::fprintf(stderr, "x");\n'))

    def test_nobody_draws_outside_the_named_streams(self):
        for text in ["std::random_device d;\n", "int x = std::rand();\n", "srand(1);\n",
                     "std::uniform_int_distribution<> d(0, 1);\n"]:
            self.assertTrue(self.fires("sim/live/a.cpp", text), text)
        self.assertFalse(self.fires("sim/live/a.cpp", "operand(1);\n"))

    def test_using_namespace_std_is_banned_and_literals_are_not(self):
        self.assertTrue(self.fires("proxy/a.cpp", "using namespace std;\n"))
        self.assertFalse(self.fires("proxy/a.cpp", "using namespace std::chrono_literals;\n"))

    def test_tests_neither_sleep_nor_skip_nor_pass_for_nothing(self):
        for text in ["std::this_thread::sleep_for(1s);\n", "usleep(5);\n", "GTEST_SKIP();\n",
                     "TEST(A, DISABLED_b) {}\n", "EXPECT_TRUE(true);\n", "SUCCEED();\n"]:
            self.assertTrue(self.fires("tests/unit/proxy/a_test.cpp", text), text)
        self.assertFalse(self.fires("sim/live/a.cpp", "std::this_thread::sleep_for(1s);\n"))

    def test_unfinished_words_fire_and_dated_thoughts_do_not(self):
        for line in ["// TODO(now): mend", "// TODO mend", "# FIXME", "// TODO(perf)", "// XXX"]:
            for path in ["core/a/b.cpp", "dev"]:
                self.assertTrue(found_in(ban_rules.unfinished_words, path, line + "\n"), line)
        for line in ["// TODO(perf): Draw once.", "// TODO(test): A full ring.", "// todos"]:
            self.assertEqual(found_in(ban_rules.unfinished_words, "core/a/b.cpp", line + "\n"), [])

    def test_a_header_without_pragma_once_fires(self):
        self.assertEqual(found_in(ban_rules.pragma_once, "core/a/b.hpp", "// #pragma once\n"),
                         ["core/a/b.hpp:1"])
        self.assertEqual(found_in(ban_rules.pragma_once, "core/a/b.hpp", PROBATE_HEADER), [])

    def test_test_names_are_sentences(self):
        for names in ["Keep_alive, closes", "keepAlive, closes", "KeepAlive, _closes",
                      "KeepAlive, closes_", "KeepAlive, closes__late", "KeepAlive, Closes"]:
            text = f"TEST({names}) {{}}\n"
            self.assertEqual(found_in(ban_rules.test_names, "tests/unit/a_test.cpp", text),
                             ["tests/unit/a_test.cpp:1"], names)
        text = "TEST(KeepAlive, closes_after_15_s_of_silence) {}\nTEST_F(Ring,\n  fills) {}\n"
        self.assertEqual(found_in(ban_rules.test_names, "tests/unit/a_test.cpp", text), [])

    def test_long_files_and_lines_fire_at_the_first_beyond_the_limit(self):
        rule = ban_rules.sizes
        self.assertEqual(found_in(rule, "core/a/b.cpp", "x\n" * 500), [])
        self.assertEqual(found_in(rule, "core/a/b.cpp", "x\n" * 501), ["core/a/b.cpp:501"])
        self.assertEqual(found_in(rule, "tests/fuzz/corpus/a/b.txt", "x\n" * 501), [])
        self.assertEqual(found_in(rule, "dev", "x" * 100 + "\n" + "é" * 100), [])
        self.assertEqual(found_in(rule, "dev", "x" * 101), ["dev:1"])


class Docs(unittest.TestCase):
    def test_a_statement_that_no_test_cites_fires(self):
        files = {"core/mqtt/a.cpp": "// [MQTT5-3.1.2-22]\n// [MQTT-3.1.2-24]\n// [MQTT-4.7]\n",
                 "tests/unit/core/mqtt/a_test.cpp": "// [MQTT-3.1.2-24]\n// [MQTT-3.1.2-22]\n"}
        self.assertEqual(found(doc_rules.citations, files), ["core/mqtt/a.cpp:1"])

    def test_a_link_that_leads_nowhere_fires(self):
        files = {"README.md": """\
                     # Top
                     [a](docs/a.md) [b](docs/none.md) [c](https://x.org/y) [d](docs/a.md#two-words)
                     [e](docs/a.md#none) [f](#top) [g](docs) ![h](none.png) `[i](none.md)`
                     ```
                     [j](none.md)
                     ```
                     """,
                 "docs/a.md": "# A\n## Two words\n[up](../README.md)\n[side](README.md)\n"}
        self.assertEqual(found(doc_rules.links, files),
                         ["README.md:2", "README.md:3", "README.md:3", "docs/a.md:4"])

    def test_a_comment_that_names_a_missing_page_fires(self):
        files = {"docs/faults.md": "", "core/a/b.hpp": "// docs/faults.md\n// See docs/none.md.\n"}
        self.assertEqual(found(doc_rules.links, files), ["core/a/b.hpp:2"])

    def test_a_path_outside_the_project_fires(self):
        for line in [".." + "/shared/a.md", "/" + "work/main", "cd /" + "root/x", '"/' + 'work/"']:
            self.assertEqual(found_in(doc_rules.stands_alone, "docs/a.md", line), ["docs/a.md:1"])
        for line in ["tests/" + "work/x", "http://x/y", "the root/leaf", "/proc/self"]:
            self.assertEqual(found_in(doc_rules.stands_alone, "docs/a.md", line), [], line)


class TheTree(unittest.TestCase):
    def test_bare_code_keeps_lines_includes_and_digit_separators(self):
        text = ('int a = 1\'000; // b\nf("x\\"y", R"q(\n//)q", \'"\');\n'
                '#include "core/a.hpp"\n/*\n*/z')
        self.assertEqual(bare_code(text).replace(" ", ""),
                         'inta=1\'000;\nf(,\n,);\n#include"core/a.hpp"\n\nz')

    def test_a_folder_without_git_is_read_too_and_builds_are_not(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ["core/base/a.hpp", "build/x.cpp", "dev", "picture.png"]:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("x\n")
            self.assertEqual(Tree.load(root).files,
                             {"core/base/a.hpp": "x\n", "dev": "x\n", "picture.png": ""})

    def test_the_program_fails_on_a_finding_and_on_a_wrong_root(self):
        with tempfile.TemporaryDirectory() as folder:
            header = pathlib.Path(folder) / "core/base/a.hpp"
            self.assertEqual(tidy.main(["tidy", folder]), 1)
            header.parent.mkdir(parents=True)
            header.write_text(PROBATE_HEADER)
            self.assertEqual(tidy.main(["tidy", folder]), 0)
            header.write_text("// No guard.\n")
            self.assertEqual(tidy.main(["tidy", folder]), 1)

    def test_a_finding_says_where_what_and_what_to_do(self):
        finding = tree_module.Finding("a.cpp", 3, "a test sleeps", "wait for the event")
        self.assertEqual(str(finding), "a.cpp:3: a test sleeps; wait for the event")


if __name__ == "__main__":
    unittest.main()
