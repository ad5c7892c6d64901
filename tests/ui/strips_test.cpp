// The demo's traffic row and the import row on scripted progress: what they say and what they ask for.
#include <QAbstractButton>
#include <QLabel>
#include <QProgressBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/label.h"
#include "ui/widgets/replay_strip.h"
#include "ui/widgets/workload_strip.h"

namespace tests {

class StripsTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void noneWithoutWorkloadOrReplay();
    void workloadPreparing();
    void emptyDemoSaysSo();
    void anEmptyDemoOffersACrowd();
    void workloadRates();
    void workloadSaysItsHour_data();
    void workloadSaysItsHour();
    void workloadTypedRateIsLeftAlone();
    void workloadStopsAndStarts();
    void workloadFailureIsSaid();
    void replayPhases_data();
    void replayPhases();
    void replayMalformedLines();
    void replayCancels();
    void replayEnds_data();
    void replayEnds();
    void rowsGoWithTheSession();

private:
    QString settingsFile() const { return m_directory->filePath("rookery.ini"); }
    static backend::WorkloadStatus running()
    {
        backend::WorkloadStatus status;
        status.running = true;
        status.phase = "running";
        status.phaseFraction = 1;
        status.wanted = {40, 120, 2};
        status.actual = {38.5, 117.25, 1.9};
        status.users = 5000;
        status.follows = 123'456;
        return status;
    }
    static backend::ReplayStatus replaying(backend::ReplayPhase phase)
    {
        backend::ReplayStatus status;
        status.phase = phase;
        status.file = "/var/log/activity.jsonl.gz";
        status.linesTotal = 8000;
        status.linesDone = 2000;
        status.accounts = 300;
        status.accountsTotal = 1000;
        status.follows = 5000;
        status.followsTotal = 20'000;
        status.posts = 1234;
        status.postsTotal = 4936;
        status.ratePerSecond = 250;
        status.secondsLeft = 75;
        status.speed = 60;
        return status;
    }
    // The rows look by themselves, too; here they are told to, so that nothing waits for a clock.
    static void look(WindowFixture& fixture)
    {
        fixture.find<ui::ReplayStrip>("replayStrip")->refresh();
        fixture.find<ui::WorkloadStrip>("workloadStrip")->refresh();
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void StripsTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

void StripsTest::noneWithoutWorkloadOrReplay()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    QVERIFY(!fixture.find<QWidget>("workloadStrip")->isVisible());
    QVERIFY(!fixture.find<QWidget>("replayStrip")->isVisible());
}

// --- the demo's traffic

void StripsTest::workloadPreparing()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    auto status = running();
    status.running = false;
    status.phase = "creating accounts";
    status.phaseFraction = 0.25;
    fixture.fake->workload->setStatus(status);
    QVERIFY(fixture.showOpen());
    QVERIFY(fixture.find<QWidget>("workloadStrip")->isVisible());
    auto* phase = fixture.find<QLabel>("workloadPhase");
    QCOMPARE(phase->text(), QString("Traffic: creating accounts · 5,000 accounts, 123,456 follows"));
    auto* bar = fixture.find<QProgressBar>("workloadProgress");
    QVERIFY(bar->isVisible());
    QCOMPARE(bar->value(), bar->maximum() / 4);
    QVERIFY(!fixture.find<QWidget>("postsRate")->isVisible()); // there is nobody yet who could post
    // It follows by itself.
    fixture.fake->workload->setStatus(running());
    QTRY_VERIFY(phase->text().contains("running"));
    QVERIFY(!bar->isVisible());
    QVERIFY(fixture.find<QWidget>("postsRate")->isVisible());
}

// Who sees nothing happen is told why, and what to do.
void StripsTest::emptyDemoSaysSo()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->scenarios = std::make_shared<FakeScenarios>();
    fixture.engine().setSnapshot(withNobody(fakeSnapshot(1)));
    QVERIFY(fixture.showOpen());
    auto* phase = fixture.find<QLabel>("workloadPhase");
    auto* hint = fixture.find<QLabel>("workloadHint");
    QTRY_COMPARE(phase->text(), QString("Empty demo on its own servers: nobody is here yet"));
    QVERIFY(hint->text().contains("rookeryctl import"));
    QCOMPARE(phase->toolTip(), hint->text());
    fixture.window->resize(1500, 800);
    QTRY_VERIFY(hint->isVisible());
    QVERIFY(hint->width() >= hint->sizeHint().width());
    fixture.window->resize(fixture.window->minimumSizeHint());
    QTRY_VERIFY(fixture.window->width() > 1100 || !hint->isVisible());
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_COMPARE(phase->text(), QString("Demo on its own servers"));
    QVERIFY(!hint->isVisible());
}

void StripsTest::anEmptyDemoOffersACrowd()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->scenarios = std::make_shared<FakeScenarios>();
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    auto status = running();
    status.running = status.begun = false;
    status.phase.clear();
    fixture.fake->workload->setStatus(status);
    fixture.engine().setSnapshot(withNobody(fakeSnapshot(1)));
    QVERIFY(fixture.showOpen());
    QTRY_COMPARE(fixture.find<QLabel>("workloadPhase")->text(),
                 QString("Empty demo on its own servers: nobody is here yet"));
    auto* bring = fixture.find<QAbstractButton>("workloadRunning");
    QTRY_VERIFY(bring->isVisible());
    QCOMPARE(bring->text(), QString("Bring a crowd"));
    QVERIFY(!fixture.find<QWidget>("postsRate")->isVisible() &&
            !fixture.find<QWidget>("workloadProgress")->isVisible());
    bring->click();
    QVERIFY(fixture.fake->workload->status().running);
    // Once it is there it is traffic like any other.
    fixture.fake->workload->setStatus(running());
    QTRY_VERIFY(fixture.find<QWidget>("postsRate")->isVisible());
    QTRY_COMPARE(bring->text(), QString("Stop traffic"));
    // To whom somebody else imported none is added; its crowd of former times goes on.
    fixture.fake->workload->setStatus(status);
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_COMPARE(fixture.find<QLabel>("workloadPhase")->text(), QString("Demo on its own servers"));
    QTRY_VERIFY(!bring->isVisible());
    status.crowdThere = true;
    fixture.fake->workload->setStatus(status);
    QTRY_VERIFY(bring->isVisible());
    QCOMPARE(bring->text(), QString("Bring a crowd"));
}

void StripsTest::workloadRates()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    fixture.fake->workload->setStatus(running());
    QVERIFY(fixture.showOpen());
    auto* posts = fixture.find<QSpinBox>("postsRate");
    QCOMPARE(posts->value(), 40);
    QCOMPARE(fixture.find<QSpinBox>("readsRate")->value(), 120);
    QCOMPARE(fixture.find<QSpinBox>("followsRate")->value(), 2);
    QCOMPARE(fixture.find<QLabel>("postsRateActual")->text(), QString("now 38.5"));
    QCOMPARE(fixture.find<QLabel>("readsRateActual")->text(), QString("now 117"));
    QCOMPARE(fixture.find<QLabel>("followsRateActual")->text(), QString("now 1.9"));
    posts->setFocus();
    posts->selectAll();
    QTest::keyClicks(posts, "75");
    QCOMPARE(fixture.fake->workload->status().wanted.postsPerSecond, 40.0); // not with every digit
    QTest::keyClick(posts, Qt::Key_Return);
    const auto wanted = fixture.fake->workload->status().wanted;
    QCOMPARE(wanted.postsPerSecond, 75.0);
    QCOMPARE(wanted.readsPerSecond, 120.0);
    QCOMPARE(wanted.followsPerSecond, 2.0);
    QTest::keyClick(posts, Qt::Key_Up);
    QCOMPARE(fixture.fake->workload->status().wanted.postsPerSecond, 76.0);
}

void StripsTest::workloadSaysItsHour_data()
{
    QTest::addColumn<double>("rhythm");
    QTest::addColumn<bool>("going");
    QTest::addColumn<QString>("words");
    QTest::newRow("night") << 0.354 << true << "running at 35 % (night)";
    QTest::newRow("day") << 1.0 << true << "running at 100 % (day)";
    QTest::newRow("peak") << 1.42 << true << "running at 142 % (peak)";
    QTest::newRow("stopped") << 1.42 << false << "stopped";
}

// Why "now" is not what was set is seen without pointing at it.
void StripsTest::workloadSaysItsHour()
{
    QFETCH(double, rhythm);
    QFETCH(bool, going);
    QFETCH(QString, words);
    WindowFixture fixture(settingsFile());
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    auto status = running();
    status.rhythm = rhythm;
    status.running = going;
    if (!going) status.phase = "stopped";
    fixture.fake->workload->setStatus(status);
    QVERIFY(fixture.showOpen());
    fixture.window->resize(1280, 800);
    auto* phase = fixture.find<QLabel>("workloadPhase");
    QCOMPARE(phase->text(),
             QString("Traffic: %1 · 5,000 accounts%2").arg(words, going ? "" : ", 123,456 follows"));
    QVERIFY(phase->toolTip().contains("ten minutes") && phase->toolTip().contains("123,456 follows"));
    QTRY_COMPARE(fixture.window->width(), 1280);
    QVERIFY(phase->width() >= phase->sizeHint().width()); // whole, and so is the rest of the row
    for (const auto* name : {"postsRate", "readsRate", "followsRate"}) {
        const auto* rate = fixture.find<QWidget>(name);
        QVERIFY2(rate->width() >= rate->minimumSizeHint().width(),
                 qPrintable(QString("%1: %2").arg(name).arg(rate->width())));
    }
}

void StripsTest::workloadTypedRateIsLeftAlone()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    fixture.fake->workload->setStatus(running());
    QVERIFY(fixture.showOpen());
    auto* posts = fixture.find<QSpinBox>("postsRate");
    posts->setFocus();
    posts->selectAll();
    QTest::keyClicks(posts, "3");
    look(fixture);
    QCOMPARE(posts->text(), QString("3"));
    QTest::keyClicks(posts, "1");
    fixture.find<QWidget>("pages")->setFocus(); // leaving the field is enough
    QCOMPARE(fixture.fake->workload->status().wanted.postsPerSecond, 31.0);
    // A rate that somebody else changed is shown.
    fixture.fake->workload->setRates({9, 8, 7});
    look(fixture);
    QCOMPARE(posts->value(), 9);
    QCOMPARE(fixture.fake->workload->status().wanted.readsPerSecond, 8.0);
}

void StripsTest::workloadStopsAndStarts()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    fixture.fake->workload->setStatus(running());
    QVERIFY(fixture.showOpen());
    auto* button = fixture.find<QAbstractButton>("workloadRunning");
    QCOMPARE(button->text(), QString("Stop traffic"));
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(!fixture.fake->workload->status().running);
    QCOMPARE(button->text(), QString("Start traffic"));
    QVERIFY(fixture.find<QLabel>("workloadPhase")->text().contains("stopped"));
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(fixture.fake->workload->status().running);
    QCOMPARE(button->text(), QString("Stop traffic"));
}

void StripsTest::workloadFailureIsSaid()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    auto status = running();
    status.running = false;
    status.error = "pg-1 does not answer";
    fixture.fake->workload->setStatus(status);
    QVERIFY(fixture.showOpen());
    auto* phase = fixture.find<ui::Label>("workloadPhase");
    QCOMPARE(phase->text(), QString("Demo traffic failed: pg-1 does not answer"));
    QCOMPARE(phase->tone(), ui::Tone::Critical);
    // A long one leaves the controls their room, comes without addresses, and is whole in the tool tip.
    status.phase = "running";
    status.error =
        "cannot connect to pg-1 (host=/tmp/somewhere/far/away port=5432): start the server, which nobody "
        "has done so far, or tell where else in the world it is to be found now";
    fixture.fake->workload->setStatus(status);
    QTRY_VERIFY(fixture.bridge.snapshot() != nullptr); // it tells what nodes are called
    for (const int width : {1280, 1600, 1024, 1280}) {
        fixture.window->resize(width, 800);
        look(fixture);
        QTRY_VERIFY2(phase->text().startsWith("Demo traffic failed: cannot co") &&
                         phase->text().endsWith(u'…') && !phase->text().contains("host="),
                     qPrintable(phase->text()));
        for (const auto* name : {"postsRate", "readsRate", "followsRate", "workloadRunning"}) {
            const auto* control = fixture.find<QWidget>(name);
            QTRY_VERIFY2(control->width() >= control->sizeHint().width(), name);
        }
    }
    // A graph that cannot be made yet is made once it can.
    status.phase = "failed";
    fixture.fake->workload->setStatus(status);
    look(fixture);
    QVERIFY2(phase->text().startsWith("The demo's graph waits, and is tried again: cannot co"),
             qPrintable(phase->text()));
    QVERIFY(!fixture.find<QWidget>("workloadProgress")->isVisible());
    // While the graph is made no rates apply, whatever part of it is done.
    for (const double done : {0.0, 0.5, 1.0}) {
        status.phase = "following";
        status.phaseFraction = done;
        fixture.fake->workload->setStatus(status);
        look(fixture);
        QVERIFY(!fixture.find<QWidget>("postsRate")->isVisible());
        QVERIFY(fixture.find<QWidget>("workloadProgress")->isVisible());
    }
    QCOMPARE(phase->toolTip(), QString::fromStdString(status.error));
}

// --- the import

void StripsTest::replayPhases_data()
{
    QTest::addColumn<int>("phase");
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("detail");
    QTest::addColumn<int>("thousandths");
    using Phase = backend::ReplayPhase;
    QTest::newRow("reading") << int(Phase::Reading) << "Reading activity.jsonl.gz"
                             << "2,000 of 8,000 · 250/s · 1 min 15 s left" << 250;
    QTest::newRow("accounts") << int(Phase::Accounts) << "Creating accounts"
                              << "300 of 1,000 · 250/s · 1 min 15 s left" << 300;
    QTest::newRow("follows") << int(Phase::Follows) << "Creating follows"
                             << "5,000 of 20,000 · 250/s · 1 min 15 s left" << 250;
    QTest::newRow("posts") << int(Phase::Posts) << "Replaying posts, 60 times as fast"
                           << "1,234 of 4,936 · 250/s · 1 min 15 s left" << 250;
}

void StripsTest::replayPhases()
{
    QFETCH(int, phase);
    QFETCH(QString, words);
    QFETCH(QString, detail);
    QFETCH(int, thousandths);
    WindowFixture fixture(settingsFile());
    fixture.fake->replay = std::make_shared<FakeReplay>();
    fixture.fake->replay->setStatus(replaying(backend::ReplayPhase(phase)));
    QVERIFY(fixture.showOpen());
    QVERIFY(fixture.find<QWidget>("replayStrip")->isVisible());
    QCOMPARE(fixture.find<QLabel>("replayPhase")->text(), words);
    QCOMPARE(fixture.find<QLabel>("replayDetail")->text(), detail);
    auto* bar = fixture.find<QProgressBar>("replayProgress");
    QVERIFY(bar->isVisible());
    QCOMPARE(bar->value(), bar->maximum() * thousandths / 1000);
    QVERIFY(fixture.find<QWidget>("cancelReplay")->isVisible());
    QVERIFY(!fixture.find<QWidget>("dismissReplay")->isVisible());
}

void StripsTest::replayMalformedLines()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->replay = std::make_shared<FakeReplay>();
    auto status = replaying(backend::ReplayPhase::Reading);
    status.malformedLines = 3;
    status.firstMalformed = "line 17: no such kind \"poke\"";
    status.secondsLeft.reset();
    fixture.fake->replay->setStatus(status);
    QVERIFY(fixture.showOpen());
    auto* detail = fixture.find<QLabel>("replayDetail");
    QCOMPARE(detail->text(), QString("2,000 of 8,000 · 250/s · 3 malformed lines skipped"));
    QCOMPARE(detail->toolTip(), QString("line 17: no such kind \"poke\""));
    // As fast as it goes; and it follows by itself.
    status = replaying(backend::ReplayPhase::Posts);
    status.speed = 0;
    fixture.fake->replay->setStatus(status);
    QTRY_COMPARE(fixture.find<QLabel>("replayPhase")->text(), QString("Replaying posts as fast as it goes"));
    // The bar stands at its end then; what is left is told in tasks.
    status.tasksLeft = 1'910;
    fixture.fake->replay->setStatus(status);
    QTRY_COMPARE(fixture.find<QLabel>("replayPhase")->text(), QString("Delivering the last posts"));
    QCOMPARE(detail->text(), QString("1,910 tasks left"));
    // Why nothing moves.
    status.nobodyDelivers = true;
    fixture.fake->replay->setStatus(status);
    QTRY_COMPARE(detail->text(), QString("1,910 tasks left · no workers run: start or resume some"));
    status.tasksAhead = std::exchange(status.tasksLeft, {});
    fixture.fake->replay->setStatus(status);
    QTRY_COMPARE(detail->text(), QString("waits for 1,910 tasks · no workers run: start or resume some"));
}

void StripsTest::replayCancels()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->replay = std::make_shared<FakeReplay>();
    fixture.fake->replay->setStatus(replaying(backend::ReplayPhase::Follows));
    QVERIFY(fixture.showOpen());
    fixture.click("cancelReplay");
    QVERIFY(fixture.fake->replay->cancelled());
    QCOMPARE(fixture.find<QLabel>("replayPhase")->text(), QString("Import cancelled"));
    QVERIFY(!fixture.find<QWidget>("cancelReplay")->isVisible());
    QVERIFY(!fixture.find<QWidget>("replayProgress")->isVisible());
    fixture.click("dismissReplay");
    QVERIFY(!fixture.find<QWidget>("replayStrip")->isVisible());
    look(fixture);
    QVERIFY(!fixture.find<QWidget>("replayStrip")->isVisible());
}

void StripsTest::replayEnds_data()
{
    QTest::addColumn<int>("phase");
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("detail");
    QTest::addColumn<int>("tone");
    using Phase = backend::ReplayPhase;
    QTest::newRow("finished") << int(Phase::Done) << "activity.jsonl.gz is imported"
                              << "300 accounts, 5,000 follows, 1,234 posts" << int(ui::Tone::Normal);
    QTest::newRow("failed") << int(Phase::Failed) << "Import failed"
                            << "pg-2: the disk is full" << int(ui::Tone::Critical);
}

void StripsTest::replayEnds()
{
    QFETCH(int, phase);
    QFETCH(QString, words);
    QFETCH(QString, detail);
    QFETCH(int, tone);
    WindowFixture fixture(settingsFile());
    fixture.fake->replay = std::make_shared<FakeReplay>();
    fixture.fake->replay->setStatus(replaying(backend::ReplayPhase::Posts));
    QVERIFY(fixture.showOpen());
    auto status = replaying(backend::ReplayPhase(phase));
    status.error = "pg-2: the disk is full";
    fixture.fake->replay->setStatus(status);
    auto* label = fixture.find<ui::Label>("replayPhase");
    QTRY_COMPARE(label->text(), words);
    QCOMPARE(label->tone(), ui::Tone(tone));
    QCOMPARE(fixture.find<QLabel>("replayDetail")->text(), detail);
    QVERIFY(!fixture.find<QWidget>("cancelReplay")->isVisible());
    QVERIFY(!fixture.find<QWidget>("replayProgress")->isVisible());
    QVERIFY(fixture.find<QWidget>("dismissReplay")->isVisible());
}

void StripsTest::rowsGoWithTheSession()
{
    WindowFixture fixture(settingsFile());
    fixture.fake->replay = std::make_shared<FakeReplay>();
    fixture.fake->replay->setStatus(replaying(backend::ReplayPhase::Done));
    fixture.fake->workload = std::make_shared<FakeWorkload>();
    fixture.fake->workload->setStatus(running());
    QVERIFY(fixture.showOpen());
    fixture.click("dismissReplay");
    QVERIFY(!fixture.find<QWidget>("replayStrip")->isVisible());
    fixture.click("closeSession");
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.bridge.snapshot());
    QVERIFY(fixture.find<QWidget>("replayStrip")->isVisible()); // dismissed for that session only
    fixture.click("closeSession");
    fixture.fake = std::make_shared<FakeBackend>();
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.bridge.snapshot());
    QVERIFY(!fixture.find<QWidget>("replayStrip")->isVisible());
    QVERIFY(!fixture.find<QWidget>("workloadStrip")->isVisible());
}

} // namespace tests

QTEST_MAIN(tests::StripsTest)
#include "strips_test.moc"
