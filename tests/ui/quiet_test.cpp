// Nobody looks: nobody asks. On every page, paused or minimised, the engine is left alone altogether,
// whatever goes on there; and what ended with a session is not in the next one.
#include <QLabel>
#include <QLineEdit>
#include <QShortcut>
#include <QTemporaryDir>
#include <QTest>

#include "tests/models/model_samples.h"
#include "tests/ui/settled.h"
#include "tests/ui/window_fixture.h"

using namespace std::chrono_literals;

namespace tests {

class QuietTest : public QObject
{
    Q_OBJECT

private slots:
    void pausedOrMinimisedAsksNothing_data();
    void pausedOrMinimisedAsksNothing();
    void aPauseEndsWithItsSession();
    void aChosenWindowEndsWithItsSession();
    void escOfTheDoctorStaysOnItsPage();

private:
    static constexpr std::int64_t kAnna = 5'000'001;
    // A user with a post whose fan-out is under way, and dead letters.
    static void fill(FakeEngine& engine)
    {
        engine.addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {450, 34, 56});
        engine.setHome({kAnna}, samplePage(900, 601, false).entries);
        backend::DeliveryLedger ledger;
        ledger.post = {900};
        ledger.audience = 100;
        ledger.pushed = 40;
        ledger.chunksPlanned = 2;
        ledger.chunksDone = 1;
        ledger.committedAt = kSampleTime;
        engine.setLedger(ledger);
        backend::DeadLetter letter;
        letter.ref = {2, 77};
        letter.signature = letter.error = "redis-3 does not answer";
        engine.setDeadLetters({letter});
    }
    std::unique_ptr<QTemporaryDir> m_directory = std::make_unique<QTemporaryDir>();
    QString settingsFile() const { return m_directory->filePath("rookery.ini"); }
};

void QuietTest::pausedOrMinimisedAsksNothing_data()
{
    QTest::addColumn<QString>("page");
    QTest::addColumn<QString>("argument");
    QTest::newRow("overview") << "overview"
                              << "";
    QTest::newRow("a shard") << "shards"
                             << "17";
    QTest::newRow("a fan-out under way") << "timeline"
                                         << "@anna/post/900";
    QTest::newRow("queue") << "queue"
                           << "";
    QTest::newRow("workers") << "queue"
                             << "workers";
    QTest::newRow("dead letters") << "queue"
                                  << "dead";
    QTest::newRow("cache") << "cache"
                           << "";
    QTest::newRow("capacity") << "capacity"
                              << "";
    QTest::newRow("nodes") << "nodes"
                           << "redis-3";
    QTest::newRow("events") << "events"
                            << "";
}

void QuietTest::pausedOrMinimisedAsksNothing()
{
    QFETCH(QString, page);
    QFETCH(QString, argument);
    QTemporaryDir directory;
    WindowFixture fixture(directory.filePath("rookery.ini"));
    fill(fixture.engine());
    QVERIFY(fixture.showOpen());
    fixture.window->showPage(page, argument);
    QVERIFY(fixture.waitForNews());
    if (page == "timeline") QTRY_VERIFY(fixture.engine().count("ledger") >= 2);
    fixture.range.setLive(false);
    QVERIFY2(settled(fixture.engine()), fixture.engine().calls().back().c_str());
    int asked = fixture.engine().asked();
    QTest::qWait(1'500);
    QVERIFY2(fixture.engine().asked() == asked, fixture.engine().calls().back().c_str());
    fixture.range.setLive(true);
    QVERIFY(fixture.waitForNews());
    fixture.window->showMinimized();
    QVERIFY2(settled(fixture.engine()), fixture.engine().calls().back().c_str());
    asked = fixture.engine().asked();
    QTest::qWait(1'500);
    QVERIFY2(fixture.engine().asked() == asked, fixture.engine().calls().back().c_str());
    fixture.window->showNormal();
    QVERIFY(fixture.waitForNews());
}

void QuietTest::aPauseEndsWithItsSession()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    fixture.range.setLive(false);
    QVERIFY(!fixture.bridge.polling());
    fixture.click("closeSession");
    fixture.fake = std::make_shared<FakeBackend>();
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.bridge.snapshot());
    QVERIFY(fixture.range.live());
    QVERIFY(fixture.bridge.polling());
    QVERIFY(fixture.waitForNews());
}

void QuietTest::aChosenWindowEndsWithItsSession()
{
    WindowFixture fixture(settingsFile());
    QVERIFY(fixture.showOpen());
    const auto end = fixture.range.end();
    fixture.range.choose(end - 120s, end - 60s);
    fixture.range.pin(end - 90s);
    fixture.click("closeSession");
    fixture.fake = std::make_shared<FakeBackend>();
    fixture.click("startDemo");
    QTRY_VERIFY(fixture.bridge.snapshot());
    QVERIFY(fixture.range.live());
    QVERIFY(!fixture.range.chosen());
    QVERIFY(!fixture.range.pinned());
    QVERIFY(fixture.bridge.polling());
    QCOMPARE(fixture.range.span(), ui::TimeRange::Span(fixture.range.window()));
}

// The doctor hangs: Esc ends the waiting there, and means on other pages what it means there.
void QuietTest::escOfTheDoctorStaysOnItsPage()
{
    WindowFixture fixture(settingsFile());
    fixture.engine().hold("doctor");
    QVERIFY(fixture.showOpen());
    fixture.window->showPage("nodes");
    QTRY_COMPARE(fixture.engine().count("doctor"), 1);
    fixture.window->showPage("events");
    auto* search = fixture.find<QLineEdit>("eventSearch");
    search->setFocus();
    search->setText("redis");
    fixture.press(Qt::Key_Escape);
    QCOMPARE(search->text(), QString());
    fixture.window->showPage("nodes");
    const auto* summary = fixture.find<QLabel>("checkupSummary");
    QVERIFY2(summary->text().startsWith("Looking"), qPrintable(summary->text()));
    fixture.find<QWidget>("nodeList")->setFocus();
    fixture.press(Qt::Key_Escape);
    QTRY_VERIFY2(summary->text().startsWith("Cancelled"), qPrintable(summary->text()));
    // Nothing of it is left in the window when its page has gone.
    const auto shortcuts = [&] {
        return fixture.window->findChildren<QShortcut*>(QString(), Qt::FindDirectChildrenOnly).size();
    };
    const auto before = shortcuts();
    fixture.engine().releaseAll();
    for (int round = 0; round < 2; ++round) {
        fixture.click("closeSession");
        fixture.fake = std::make_shared<FakeBackend>();
        fixture.click("startDemo");
        QTRY_VERIFY(fixture.bridge.snapshot());
        QTRY_COMPARE(fixture.engine().count("doctor"), 1); // of the page that is made anew
    }
    QCOMPARE(shortcuts(), before);
}

} // namespace tests

QTEST_MAIN(tests::QuietTest)
#include "quiet_test.moc"
