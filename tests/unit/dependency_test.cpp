// Fails on an include, a call, an SQL word or a link that the architecture forbids. Reads the source tree it
// was built from; every rule is also shown to catch a fixture that breaks it.
#include <QTest>

#include "tests/unit/source_rules.h"

#include <algorithm>
#include <cstdio>

namespace tests {

class DependencyTest : public QObject
{
    Q_OBJECT

private slots:
    void treeKeepsTheRules();
    void fixtureIsCaught_data();
    void fixtureIsCaught();
    void fixtureIsAllowed_data();
    void fixtureIsAllowed();
    void scannerSeparatesCodeStringsAndComments();
    void linesAreExact();
};

void DependencyTest::treeKeepsTheRules()
{
    const auto files = readSourceTree(ROOKERY_SOURCE_DIR);
    const auto has = [&](const char* path) {
        return std::any_of(files.begin(), files.end(), [&](const auto& file) { return file.path == path; });
    };
    // An empty or wrong directory must not pass.
    QVERIFY2(files.size() > 50, ROOKERY_SOURCE_DIR);
    QVERIFY(has("backend/engine.h") && has("backend/domain/ids.h") && has("tests/unit/dependency_test.cpp"));
    const auto found = violations(files);
    for (const auto& violation : found)
        std::fprintf(stderr, "%s\n", violation.toString().c_str());
    QVERIFY2(found.empty(), qPrintable(QString("%1 violations, listed above").arg(found.size())));
}

void DependencyTest::fixtureIsCaught_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("text");
    const auto row = [](const char* name, const char* path, const char* text) {
        QTest::newRow(name) << QString(path) << QString(text);
    };
    row("Qt in backend", "backend/feed/x.cpp", "#include <QString>\n");
    row("Qt module in backend", "backend/feed/x.cpp", "#include <QtCore/qstring.h>\n");
    row("Qt linked by backend", "backend/feed/CMakeLists.txt", "  PUBLIC Qt6::Core)\n");
    row("backend includes ui", "backend/feed/x.cpp", "#include \"ui/main_window.h\"\n");
    row("backend includes app", "backend/feed/x.cpp", "#include \"app/session/options.h\"\n");
    row("ui includes a store", "ui/pages/x.cpp", "#include \"backend/store/users.h\"\n");
    row("ui includes common", "ui/pages/x.h", "#include \"backend/common/sql.h\"\n");
    row("ui includes app", "ui/pages/x.h", "#include \"app/desktop/main.h\"\n");
    row("page calls the engine", "ui/pages/x.cpp", "void f(E& e) { e.engine ( ).readOnly(); }\n");
    row("page calls the feed", "ui/pages/x.cpp", "void f(E* e) { e->feed().profile(); }\n");
    row("page calls the monitor", "ui/widgets/x.h", "auto s = e->monitor().snapshot();\n");
    row("page calls operations", "ui/pages/x.cpp", "x.operations().pauseWorkers();\n");
    row("pqxx in a header", "backend/store/x.h", "#include <pqxx/pqxx>\n");
    row("pqxx elsewhere", "backend/feed/x.cpp", "# include <pqxx/connection>\n");
    row("pqxx in a program", "app/ctl/x.cpp", "#include <pqxx/pqxx>\n");
    row("pqxx linked elsewhere", "backend/monitoring/CMakeLists.txt", "PRIVATE PkgConfig::PQXX)\n");
    row("hiredis in a header", "backend/cache/x.h", "#include <hiredis/hiredis.h>\n");
    row("hiredis elsewhere", "backend/monitoring/x.cpp", "#include <hiredis/hiredis.h>\n");
    row("store includes cache", "backend/store/x.cpp", "#include \"backend/cache/objects.h\"\n");
    row("cache includes queue", "backend/cache/x.h", "#include \"backend/queue/task_queue.h\"\n");
    row("queue includes store", "backend/queue/x.cpp", "#include \"backend/store/users.h\"\n");
    row("domain includes common", "backend/domain/x.h", "#include \"backend/common/clock.h\"\n");
    row("domain includes a library", "backend/domain/x.h", "#include <nlohmann/json.hpp>\n");
    row("common includes store", "backend/common/x.cpp", "#include \"backend/store/users.h\"\n");
    row("facade includes store", "backend/engine.h", "#include \"backend/store/users.h\"\n");
    row("fanout includes monitoring", "backend/fanout/x.cpp", "#include \"backend/monitoring/sampler.h\"\n");
    row("folder without a rule", "backend/novelty/x.cpp", "#include \"backend/domain/ids.h\"\n");
    row("include by relative path", "backend/feed/y.cpp", "#include \"x.h\"\n");
    row("rows skipped in C++", "backend/store/x.cpp",
        "auto s = \"SELECT 1 LIMIT 5 OFF"
        "SET 10\";\n");
    row("rows skipped, small letters", "backend/store/x.cpp",
        "auto s = \"select 1 limit 5 off"
        "set $1\";\n");
    row("rows skipped in a raw string", "backend/store/x.cpp",
        "auto s = R\"(SELECT 1\n OFF"
        "SET 10)\";\n");
    row("rows skipped in SQL", "backend/store/migrations/x.sql",
        "SELECT 1 off"
        "set 10;\n");
    row("trigger in SQL", "backend/store/migrations/x.sql",
        "create constraint  trig"
        "ger t AFTER INSERT;\n");
    row("trigger in C++", "backend/store/x.cpp",
        "auto s = \"CREATE TRIG"
        "GER t\";\n");
    row("open end", "backend/feed/x.cpp",
        "int f(); // TO"
        "DO: later\n");
    row("open end in a script", "installer/demo",
        "# FIX"
        "ME\n");
    row("display linked by rookeryctl", "app/ctl/CMakeLists.txt",
        "target_link_libraries(rookeryctl Qt6::Widgets)\n");
}

void DependencyTest::fixtureIsCaught()
{
    QFETCH(QString, path);
    QFETCH(QString, text);
    // A neighbour gives the relative include something to find.
    const std::vector<SourceFile> files{{"backend/feed/x.h", "#pragma once\n"},
                                        {path.toStdString(), text.toStdString()}};
    const auto found = violations(files);
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(QString::fromStdString(found.front().path), path);
    QVERIFY(found.front().line >= 1);
}

void DependencyTest::fixtureIsAllowed_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("text");
    const auto row = [](const char* name, const char* path, const char* text) {
        QTest::newRow(name) << QString(path) << QString(text);
    };
    row("driver where it belongs", "backend/store/x.cpp",
        "#include <pqxx/pqxx>\n#include \"backend/common/sql.h\"\n");
    row("hiredis where it belongs", "backend/cache/x.cpp", "#include <hiredis/hiredis.h>\n");
    row("fanout on its three", "backend/fanout/x.cpp",
        "#include \"backend/store/a.h\"\n#include \"backend/cache/b.h\"\n#include \"backend/queue/c.h\"\n");
    row("bridge calls the engine", "ui/bridge/x.cpp",
        "#include \"backend/engine.h\"\nauto s = e.monitor().snapshot();\n");
    row("page shows domain values", "ui/pages/x.h",
        "#include <QWidget>\n#include \"backend/domain/snapshot.h\"\n");
    row("forbidden things in comments", "backend/feed/x.cpp",
        "// #include <QString>\n/* #include <pqxx/pqxx>\n e.feed() */\nint x; // CREATE TRIG"
        "GER\n");
    row("the English word", "ui/pages/x.cpp",
        "auto s = tr(\"UTC off"
        "set of this machine\");\n");
    row("a comment in SQL", "backend/store/migrations/x.sql",
        "SELECT 1; -- no OFF"
        "SET here\n");
    row("a declaration named feed", "ui/pages/x.h", "Feed& feed();\n");
}

void DependencyTest::fixtureIsAllowed()
{
    QFETCH(QString, path);
    QFETCH(QString, text);
    const auto found = violations({{path.toStdString(), text.toStdString()}});
    QVERIFY2(found.empty(), found.empty() ? "" : found.front().toString().c_str());
}

void DependencyTest::scannerSeparatesCodeStringsAndComments()
{
    const auto scanned =
        scanCpp("int a = 1'000; // \"no\"\nauto s = \"a\\\"b\" /* \"no\" */ \"c\";\nchar q = '\"';\n"
                "auto r = R\"x(one\ntwo \"quoted\")x\"; f();\n");
    QCOMPARE(scanned.strings.size(), std::size_t(4));
    QCOMPARE(scanned.strings[0].text, std::string("a\\\"b"));
    QCOMPARE(scanned.strings[0].line, 2);
    QCOMPARE(scanned.strings[1].text, std::string("c"));
    QCOMPARE(scanned.strings[2].text, std::string("one"));
    QCOMPARE(scanned.strings[2].line, 4);
    QCOMPARE(scanned.strings[3].text, std::string("two \"quoted\""));
    QCOMPARE(scanned.strings[3].line, 5);
    QVERIFY(scanned.code.find("f();") != std::string::npos);
    QVERIFY(scanned.code.find("quoted") == std::string::npos);
    QCOMPARE(std::count(scanned.code.begin(), scanned.code.end(), '\n'), std::ptrdiff_t(5));
}

void DependencyTest::linesAreExact()
{
    const auto found = violations({{"backend/feed/x.cpp", "/*\n\n*/\n\n#include <QObject>\nint x;\n// TO"
                                                          "DO\n"}});
    QCOMPARE(found.size(), std::size_t(2));
    QCOMPARE(QString::fromStdString(found[0].toString()).section(':', 0, 1), QString("backend/feed/x.cpp:7"));
    QCOMPARE(QString::fromStdString(found[1].toString()).section(':', 0, 1), QString("backend/feed/x.cpp:5"));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::DependencyTest)
#include "dependency_test.moc"
