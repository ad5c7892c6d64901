// Local time or UTC: whatever shows a time follows, at once, from what it holds; nothing is asked for it. In
// a zone of half hours, so that a wrong one cannot look right.
#include <QAction>
#include <QDateTimeEdit>
#include <QLabel>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "tests/models/model_samples.h"
#include "tests/ui/page_fixture.h"
#include "tests/ui/settled.h"
#include "tests/ui/window_fixture.h"
#include "ui/models/capacity_table.h"
#include "ui/models/comparison_table.h"
#include "ui/pages/timeline_page.h"
#include "ui/widgets/curve_chart.h"
#include "ui/widgets/formatting.h"

#include <ctime>

using namespace std::chrono_literals;

namespace tests {

class ZoneTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanupTestCase();
    void changingItAsksNothing();
    void trailAndLedgerFollow();
    void momentIsChosenInTheShownZone();
    void headersFollow();
    void growthFollows();
    void benchFollows();

private:
    static constexpr std::int64_t kAnna = 5'000'001;
    static void change(PageFixture& fixture, bool utc)
    {
        fixture.range.setUtc(utc);
        fixture.page->timesChanged(); // as the window does
    }
};

void ZoneTest::initTestCase()
{
    qputenv("TZ", "Asia/Kolkata");
    tzset();
}

void ZoneTest::init()
{
    ui::setTimesInUtc(false);
}

void ZoneTest::cleanupTestCase()
{
    ui::setTimesInUtc(false);
    qunsetenv("TZ");
    tzset();
}

void ZoneTest::changingItAsksNothing()
{
    QTemporaryDir directory;
    WindowFixture fixture(directory.filePath("rookery.ini"));
    QVERIFY(fixture.showOpen());
    for (const auto& page : fixture.window->pageIds()) {
        fixture.window->showPage(page);
        QVERIFY(fixture.waitForNews());
    }
    fixture.range.setLive(false);
    QVERIFY(settled(fixture.engine()));
    const int asked = fixture.engine().asked();
    fixture.find<QAction>("zoneUtc")->trigger();
    QTest::qWait(300);
    fixture.find<QAction>("zoneLocal")->trigger();
    QTest::qWait(300);
    const auto calls = fixture.engine().calls();
    QVERIFY2(fixture.engine().asked() == asked, calls.back().c_str());
    fixture.window->close();
}

void ZoneTest::trailAndLedgerFollow()
{
    PageFixture fixture;
    auto& engine = fixture.engine();
    engine.addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {1, 2, 3});
    const backend::PostId post{backend::makeRawId(500'000'000'000, 3, 0)};
    engine.setHome({kAnna}, {sampleEntry(post.value)});
    backend::Explanation explanation;
    explanation.post = post;
    explanation.reader = {kAnna};
    explanation.trail = {{kSampleTime, "the post was committed"}};
    engine.setExplanation(explanation);
    backend::DeliveryLedger ledger;
    ledger.post = post;
    ledger.committedAt = kSampleTime;
    engine.setLedger(ledger);
    QVERIFY(fixture.open());
    fixture.make<ui::TimelinePage>().openUser("anna");
    auto* home = fixture.find<QListView>("homeTimeline");
    QTRY_COMPARE(home->model()->rowCount(), 1);
    home->setCurrentIndex(home->model()->index(0, 0));
    QTRY_VERIFY(fixture.find<QLabel>("ledgerCommitted")->text().startsWith(ui::formatTime(kSampleTime)));
    fixture.find<QTabWidget>("postTabs")->setCurrentIndex(1);
    const auto trail = [&] {
        const auto* label = fixture.find<QLabel>("trailTime");
        return label ? label->text() : QString();
    };
    QTRY_VERIFY(!trail().isEmpty());
    const auto local = trail();
    QVERIFY2(local.contains("IST") || local.contains("+05:30"), qPrintable(local));
    QVERIFY(local.startsWith(ui::shownTime(kSampleTime).toString("yyyy-MM-dd HH:mm:ss")));
    change(fixture, true);
    QCOMPARE(trail(), ui::shownTime(kSampleTime).toString("yyyy-MM-dd HH:mm:ss.zzz") + " UTC");
    QVERIFY(trail().left(16) != local.left(16));
    QCOMPARE(fixture.find<QLabel>("ledgerCommitted")->text(),
             QString("%1, imported: it is dated %2")
                 .arg(ui::formatTime(kSampleTime), ui::formatTime(post.time())));
    QVERIFY(fixture.find<QLabel>("ledgerPost")->text().contains(ui::formatTime(post.time())));
    QVERIFY(fixture.find<QLabel>("profileFacts")->text().contains(ui::formatTime(kSampleTime)));
}

void ZoneTest::momentIsChosenInTheShownZone()
{
    PageFixture fixture;
    fixture.engine().addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {1, 2, 3});
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::TimelinePage>();
    const auto seconds = kSampleTime.time_since_epoch() / 1s;
    page.openArgument("@anna/at/" + QString::number(seconds));
    auto* field = fixture.find<QDateTimeEdit>("jumpTime");
    QTRY_COMPARE(field->dateTime().toSecsSinceEpoch(), qint64(seconds));
    QCOMPARE(field->text(), ui::shownTime(kSampleTime).toString("yyyy-MM-dd HH:mm:ss"));
    const auto local = field->text();
    change(fixture, true);
    QCOMPARE(fixture.find<QLabel>("jumpZone")->text(), QString("UTC"));
    QCOMPARE(field->dateTime().toSecsSinceEpoch(), qint64(seconds)); // the same moment
    QCOMPARE(field->text(), ui::shownTime(kSampleTime).toString("yyyy-MM-dd HH:mm:ss"));
    QVERIFY(field->text() != local);
    // What is typed is UTC.
    field->setDateTime(QDateTime(QDate(2026, 9, 1), QTime(12, 0), Qt::UTC));
    QCOMPARE(field->text(), QString("2026-09-01 12:00:00"));
    fixture.find<QPushButton>("jumpGo")->click();
    QCOMPARE(
        page.linkArgument(),
        QString("@anna/at/%1").arg(QDateTime(QDate(2026, 9, 1), QTime(12, 0), Qt::UTC).toSecsSinceEpoch()));
    change(fixture, false);
    QCOMPARE(field->text(), QString("2026-09-01 17:30:00"));
}

void ZoneTest::headersFollow()
{
    const std::unique_ptr<QAbstractItemModel> compared(ui::makeComparisonTable(nullptr)),
        room(ui::makeNodeRoomTable(nullptr));
    const auto mentions = [](const QAbstractItemModel& model, int role) {
        for (int column = 0; column < model.columnCount(); ++column)
            if (model.headerData(column, Qt::Horizontal, role).toString().contains("UTC")) return true;
        return false;
    };
    ui::setTimesInUtc(true);
    QVERIFY(mentions(*compared, Qt::DisplayRole));
    QVERIFY(mentions(*room, Qt::ToolTipRole));
    ui::setTimesInUtc(false);
    QVERIFY(!mentions(*compared, Qt::DisplayRole) || ui::zoneName().contains("UTC"));
    ui::setTimesInUtc(true);
}

void ZoneTest::growthFollows()
{
    const ui::Theme theme(ui::ThemeMode::Light);
    ui::CurveChart chart(theme, ui::CurveChart::Across::Time, nullptr);
    chart.resize(600, 240);
    const double begin = ui::secondsOf(kSampleTime), end = begin + 6 * 3600;
    chart.setLines({{"used", 1, {{begin, 1}, {end, 2}}, false}}, {});
    for (const bool utc : {false, true}) {
        ui::setTimesInUtc(utc);
        const auto ticks = chart.ticks();
        QVERIFY(ticks.size() >= 2);
        for (const auto& tick : ticks) {
            const auto at = ui::shownTime(ui::timeOf(tick.at));
            QVERIFY2(tick.text.isEmpty() || tick.text.endsWith(at.toString("HH:mm")) ||
                         at.time() == QTime(0, 0),
                     qPrintable(tick.text));
            QCOMPARE(at.time().minute(), 0); // round in the zone that is shown
        }
    }
}

void ZoneTest::benchFollows()
{
    QTemporaryDir directory;
    WindowFixture fixture(directory.filePath("rookery.ini"));
    fixture.fake->scenarios = std::make_shared<FakeScenarios>();
    fixture.fake->scenarios->addEvent({kSampleTime, backend::Scenario::ColdCache, false, "emptied"});
    QVERIFY(fixture.showOpen());
    fixture.press(Qt::Key_F8);
    auto* log = fixture.find<QPlainTextEdit>("benchLog");
    QTRY_VERIFY(log->toPlainText().contains("emptied"));
    const auto subtitle = [&] {
        return fixture.find<QWidget>("benchLogCard")->findChild<QLabel*>("cardSubtitle")->text();
    };
    fixture.find<QAction>("zoneUtc")->trigger();
    QCOMPARE(subtitle(), QString("times in UTC"));
    QVERIFY2(log->toPlainText().startsWith(ui::formatClock(kSampleTime)), qPrintable(log->toPlainText()));
    fixture.find<QAction>("zoneLocal")->trigger();
    QVERIFY(subtitle() != QString("times in UTC"));
    QVERIFY(log->toPlainText().startsWith(ui::formatClock(kSampleTime)));
}

} // namespace tests

QTEST_MAIN(tests::ZoneTest)
#include "zone_test.moc"
