// The desktop's command line: what each option means, and one sentence for each way to get it wrong.
#include <QRegularExpression>
#include <QTest>

#include "app/desktop/desktop_options.h"
#include "tests/support/results.h"

using namespace std::chrono_literals;

namespace tests {

class DesktopOptionsTest : public QObject
{
    Q_OBJECT

private slots:
    void withoutOptionsAPersonChooses();
    void demo();
    void demoReplaysALog();
    void speeds_data();
    void speeds();
    void connects();
    void unattended();
    void windowOptions();
    void wrongOnesGetASentence_data();
    void wrongOnesGetASentence();

private:
    static backend::Result<app::DesktopOptions> parse(const QStringList& arguments)
    {
        return app::parseDesktopOptions(QStringList("rookery") + arguments);
    }
};

void DesktopOptionsTest::withoutOptionsAPersonChooses()
{
    const auto options = parse({});
    VERIFY_OK(options);
    QVERIFY(!options->opens);
    QVERIFY(!options->unattended());
    QVERIFY(!options->theme);
    QVERIFY(!options->exitAfter);
    QVERIFY(!options->sizeGiven);
    QVERIFY(!options->session.readOnly);
}

void DesktopOptionsTest::demo()
{
    const auto options = parse({"--demo", "--data", "/var/lib/demo"});
    VERIFY_OK(options);
    QVERIFY(options->opens);
    QCOMPARE(options->session.kind, app::SessionOptions::Kind::Demo);
    QCOMPARE(options->session.dataDirectory.string(), std::string("/var/lib/demo"));
    QVERIFY(options->session.replayFile.empty());
    QVERIFY(options->connectFile.isEmpty());
    QVERIFY(options->session.workload);
    const auto empty = parse({"--demo", "--no-workload"}); // as rookeryctl demo has it
    VERIFY_OK(empty);
    QVERIFY(empty->opens && !empty->session.workload);
}

void DesktopOptionsTest::demoReplaysALog()
{
    const auto options = parse({"--demo", "--replay", "activity.txt.gz", "--speed", "3600", "--keep-times"});
    VERIFY_OK(options);
    QCOMPARE(options->session.replayFile.string(), std::string("activity.txt.gz"));
    QCOMPARE(options->session.replaySpeed, 3600.0);
    QVERIFY(options->session.keepTimes);
    const auto plain = parse({"--demo", "--replay", "activity.txt.gz"});
    VERIFY_OK(plain);
    QCOMPARE(plain->session.replaySpeed, 60.0);
    QVERIFY(!plain->session.keepTimes);
}

void DesktopOptionsTest::speeds_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<double>("speed");
    QTest::newRow("max") << "max" << 0.0;
    QTest::newRow("slow") << "0.5" << 0.5;
    QTest::newRow("fast") << "1e4" << 10'000.0;
}

void DesktopOptionsTest::speeds()
{
    QFETCH(QString, text);
    QFETCH(double, speed);
    const auto options = parse({"--demo", "--replay", "log", "--speed", text});
    VERIFY_OK(options);
    QCOMPARE(options->session.replaySpeed, speed);
}

void DesktopOptionsTest::connects()
{
    const auto options = parse({"--connect", "/etc/rookery/cluster.toml", "--read-only"});
    VERIFY_OK(options);
    QVERIFY(options->opens);
    QCOMPARE(options->session.kind, app::SessionOptions::Kind::Connect);
    QCOMPARE(options->session.configFile.string(), std::string("/etc/rookery/cluster.toml"));
    QCOMPARE(options->connectFile, QString("/etc/rookery/cluster.toml"));
    QVERIFY(options->session.readOnly);
}

void DesktopOptionsTest::unattended()
{
    const auto pictures = parse({"--demo", "--screenshot", "pictures", "--exit-after", "30"});
    VERIFY_OK(pictures);
    QVERIFY(pictures->unattended());
    QCOMPARE(pictures->screenshotDirectory, QString("pictures"));
    QCOMPARE(pictures->exitAfter, std::optional(30s));
    for (const auto* name : {"shards.pdf", "a.html", "A.HTM", "dir.x/shards.json", "shards.csv"}) {
        const auto report = parse({"--connect", "cluster.toml", "--export-report", name});
        QVERIFY2(report, name);
        QVERIFY(report->unattended());
        QCOMPARE(report->reportFile, QString(name));
    }
}

void DesktopOptionsTest::windowOptions()
{
    const auto options = parse({"--theme", "dark", "--size", "1920x1080", "--exit-after", "0"});
    VERIFY_OK(options);
    QCOMPARE(options->theme, std::optional(ui::ThemeMode::Dark));
    QCOMPARE(options->size, QSize(1920, 1080));
    QVERIFY(options->sizeGiven);
    QCOMPARE(options->exitAfter, std::optional(0s));
    QCOMPARE(parse({"--theme", "light"})->theme, std::optional(ui::ThemeMode::Light));
    QCOMPARE(parse({"--theme=system"})->theme, std::optional(ui::ThemeMode::System));
}

void DesktopOptionsTest::wrongOnesGetASentence_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* arguments, const char* words) {
        QTest::newRow(arguments) << QString(arguments).split(' ') << words;
    };
    row("--demo --connect cluster.toml", "--demo and --connect exclude each other");
    row("--data DIR", "belong to --demo");
    row("--replay log", "belong to --demo");
    row("--connect cluster.toml --data DIR", "belong to --demo");
    row("--connect cluster.toml --replay log", "belong to --demo");
    row("--no-workload", "belongs to --demo");
    row("--connect cluster.toml --no-workload", "belongs to --demo");
    row("--demo --replay log --no-workload", "leave --no-workload out");
    row("--speed 60", "belong to --replay");
    row("--demo --speed 60", "belong to --replay");
    row("--demo --keep-times", "belong to --replay");
    row("--demo --replay log --read-only", "--read-only");
    row("--demo --replay log --speed 0", "not \"0\"");
    row("--demo --replay log --speed -5", "not \"-5\"");
    row("--demo --replay log --speed quick", "not \"quick\"");
    row("--demo --replay log --speed nan", "not \"nan\"");
    row("--demo --replay log --speed inf", "not \"inf\"");
    row("--screenshot pictures", "need --demo or --connect FILE");
    row("--export-report shards.pdf", "need --demo or --connect FILE");
    row("--demo --screenshot pictures --export-report shards.pdf", "exclude each other");
    row("--demo --export-report shards.txt", "not \"shards.txt\"");
    row("--demo --export-report shards", ".pdf, .html, .json or .csv");
    row("--theme purple", "not \"purple\"");
    row("--size 1920", "such as 1920x1080");
    row("--size 1920x", "not \"1920x\"");
    row("--size 12x34", "not \"12x34\"");
    row("--size 99999x99999", "not \"99999x99999\"");
    row("--exit-after soon", "number of seconds");
    row("--exit-after -1", "number of seconds");
    row("--connect", "connect");
    row("--demo --data", "data");
    row("--connect=", "--connect needs a FILE");
    row("--demo --data=", "--data needs a DIR");
    row("--demo --replay=", "--replay needs a FILE");
    row("--demo --screenshot=", "--screenshot needs a DIR");
    row("--demo --export-report=", "--export-report needs a FILE");
    row("--no-such", "no-such");
    row("cluster.toml", "\"cluster.toml\" is not an option");
    row("--demo --demo=yes", "demo");
}

void DesktopOptionsTest::wrongOnesGetASentence()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    const auto options = parse(arguments);
    VERIFY_ERROR(options, backend::ErrorCode::InvalidArgument);
    const auto sentence = QString::fromStdString(options.error().message);
    QVERIFY2(sentence.contains(words), qPrintable(sentence));
    // One sentence on one line.
    QVERIFY2(!sentence.contains('\n') && !sentence.contains(". "), qPrintable(sentence));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::DesktopOptionsTest)
#include "desktop_options_test.moc"
