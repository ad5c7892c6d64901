// The main job from end to end with the real programs: a demo on its own servers draws every page in both
// themes, a second process opens the cluster that rookeryctl serves and exports its report, and nothing stays
// behind.
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include "tests/support/child_signal.h"

class JourneyTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void demoDrawsEveryPageInBothThemes();
    void desktopOpensWhatRookeryctlServesAndExportsItsReport();
    void withoutADisplayItSaysSo();

private:
    QString inDirectory(const QString& name) const { return m_directory->filePath(name); }
    static QStringList childrenServers();

    std::unique_ptr<QTemporaryDir> m_directory;
};

namespace {

constexpr int kPages = 5, kThemes = 2;
constexpr int kProgramTimeout = 120'000; // milliseconds; a loaded machine is slow, not wrong

void startProgram(QProcess& process, const char* program, const QStringList& arguments)
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::SeparateChannels);
    process.start(QString::fromLocal8Bit(program), arguments);
}

// A picture with nothing on it has very few colours.
int coloursOf(const QImage& image)
{
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 3)
        for (int x = 0; x < image.width(); x += 3)
            colours.insert(image.pixel(x, y));
    return int(colours.size());
}

} // namespace

void JourneyTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

// Server processes whose parent is gone or is this test: none may be left once the programs ended.
QStringList JourneyTest::childrenServers()
{
    QProcess list;
    list.start(QStringLiteral("ps"), {QStringLiteral("-eo"), QStringLiteral("ppid=,args=")});
    list.waitForFinished();
    QStringList found;
    for (const auto& line : QString::fromLocal8Bit(list.readAllStandardOutput()).split(QLatin1Char('\n')))
        if (line.contains(QStringLiteral("rookery")) && line.contains(QStringLiteral("redis-server")) &&
            line.trimmed().startsWith(QStringLiteral("1 ")))
            found << line;
    return found;
}

void JourneyTest::demoDrawsEveryPageInBothThemes()
{
    const auto before = childrenServers();
    QProcess desktop;
    startProgram(
        desktop, ROOKERY_PROGRAM,
        {QStringLiteral("--demo"), QStringLiteral("--screenshot"), inDirectory(QStringLiteral("pictures"))});
    QVERIFY(desktop.waitForStarted());
    QVERIFY2(desktop.waitForFinished(kProgramTimeout), "the desktop did not end by itself");
    const auto errors = desktop.readAllStandardError();
    QVERIFY2(desktop.exitStatus() == QProcess::NormalExit && desktop.exitCode() == 0, errors.constData());

    const QDir pictures(inDirectory(QStringLiteral("pictures")));
    const auto files = pictures.entryList({QStringLiteral("*.png")});
    QVERIFY2(files.size() >= kPages * kThemes, qPrintable(files.join(QLatin1Char(' '))));
    for (const auto& file : files) {
        const QImage image(pictures.filePath(file));
        QVERIFY2(image.width() >= 1280 && image.height() >= 800, qPrintable(file));
        QVERIFY2(coloursOf(image) > 40, qPrintable(file + QStringLiteral(" shows nothing")));
    }
    // Those of other tests' programs that were killed end a moment later; ours would stay.
    const auto left = [&] {
        auto now = childrenServers();
        for (const auto& server : before)
            now.removeAll(server);
        return now;
    };
    QTRY_VERIFY2_WITH_TIMEOUT(left().isEmpty(), qPrintable(left().join('\n')), kProgramTimeout);
}

void JourneyTest::desktopOpensWhatRookeryctlServesAndExportsItsReport()
{
    QProcess server;
    startProgram(server, ROOKERYCTL_PROGRAM, {QStringLiteral("demo")});
    QVERIFY(server.waitForStarted());
    QByteArray output;
    QElapsedTimer clock;
    clock.start();
    QJsonDocument endpoints;
    while (endpoints.isNull() && clock.elapsed() < kProgramTimeout) {
        server.waitForReadyRead(1'000);
        output += server.readAllStandardOutput();
        endpoints = QJsonDocument::fromJson(output);
    }
    QVERIFY2(endpoints.isObject(), output.constData());
    const QString config = endpoints.object().value(QStringLiteral("config")).toString();
    QVERIFY2(QFile::exists(config), qPrintable(config));

    for (const auto& name : {QStringLiteral("report.pdf"), QStringLiteral("report.html"),
                             QStringLiteral("report.csv"), QStringLiteral("report.json")}) {
        QProcess desktop;
        startProgram(
            desktop, ROOKERY_PROGRAM,
            {QStringLiteral("--connect"), config, QStringLiteral("--export-report"), inDirectory(name)});
        QVERIFY(desktop.waitForFinished(kProgramTimeout));
        QVERIFY2(desktop.exitCode() == 0, desktop.readAllStandardError().constData());
        QVERIFY(QFile(inDirectory(name)).size() > 1'000);
    }
    QFile json(inDirectory(QStringLiteral("report.json")));
    QVERIFY(json.open(QIODevice::ReadOnly));
    QVERIFY(QJsonDocument::fromJson(json.readAll()).object().contains(QStringLiteral("schema_version")));
    QFile pdf(inDirectory(QStringLiteral("report.pdf")));
    QVERIFY(pdf.open(QIODevice::ReadOnly));
    QVERIFY(pdf.read(5) == "%PDF-");

    QVERIFY(tests::signalChild(server, SIGTERM));
    QVERIFY(server.waitForFinished(kProgramTimeout));
    QCOMPARE(server.exitCode(), 0);
}

void JourneyTest::withoutADisplayItSaysSo()
{
    auto environment = QProcessEnvironment::systemEnvironment();
    for (const auto* name : {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY"})
        environment.remove(QLatin1StringView(name));
    environment.insert(QStringLiteral("DISPLAY"), QStringLiteral(":no-such-display"));
    QProcess desktop;
    desktop.setProcessEnvironment(environment);
    desktop.start(QStringLiteral(ROOKERY_PROGRAM), {QStringLiteral("--demo")});
    QVERIFY(desktop.waitForFinished(kProgramTimeout));
    QCOMPARE(desktop.exitStatus(), QProcess::NormalExit);
    QCOMPARE(desktop.exitCode(), 1);
    const auto said = QString::fromLocal8Bit(desktop.readAllStandardError());
    QVERIFY2(said.contains(QStringLiteral("rookeryctl demo")), qPrintable(said));
    QCOMPARE(said.count(QLatin1Char('\n')), 1);
    environment.remove(QStringLiteral("DISPLAY"));
    desktop.setProcessEnvironment(environment);
    desktop.start(QStringLiteral(ROOKERY_PROGRAM), {QStringLiteral("--help")});
    QVERIFY(desktop.waitForFinished(kProgramTimeout));
    QCOMPARE(desktop.exitCode(), 0);
}

QTEST_GUILESS_MAIN(JourneyTest)
#include "journey_test.moc"
