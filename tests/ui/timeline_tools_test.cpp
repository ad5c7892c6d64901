// What the Timeline browser does with a user besides showing pages: comparing Redis with PostgreSQL and
// repairing, explaining, a fan-out's progress, jumps in time, follow lists, links; with errors, delays and a
// disconnect in the middle, on a scripted engine.
#include <QApplication>
#include <QDateTimeEdit>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QTimer>

#include "tests/models/model_samples.h"
#include "tests/ui/page_fixture.h"
#include "ui/models/comparison_table.h"
#include "ui/models/timeline_model.h"
#include "ui/pages/timeline_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/part_bar.h"
#include "ui/widgets/state_view.h"

namespace tests {

using namespace std::chrono_literals;

class TimelineToolsTest : public QObject
{
    Q_OBJECT

private slots:
    void comparesBothSidesAndMarksDifferences();
    void repairAsksFirstAndShowsAgain();
    void repairIsOffWhereNothingDiffers();
    void readOnlySaysWhyRepairIsOff();
    void failedComparisonAndRepairSaySo();
    void escCancelsAComparison();
    void disconnectInTheMiddleLeavesNothingBehind();
    void explainsASelectedPost();
    void explainShowsEveryElement();
    void explainsAnAuthorsPostForTheReaderBefore();
    void explainsWhatIsEntered();
    void explainsFaultsAndErrors();
    void progressOfAFanOutIsFollowedToItsEnd();
    void jumpsToATimeAndBack();
    void pagesUpwardsWithoutAGap();
    void saysWhenNothingIsThatOld();
    void failureUpwardsCanBeTriedAgain();
    void followListsLoadAsTheyAreScrolled();
    void aClickOnAHandleOpensTheUser();
    void followListsSayWhatFailed();
    void linksLeadBackToWhatWasShown();

private:
    static constexpr std::int64_t kAnna = 5'000'001, kAnton = 5'000'002;
    // Posts a minute apart, up to the sample time.
    static backend::PostId postAt(int minutesAgo)
    {
        const auto at = kSampleTime - std::chrono::minutes(minutesAgo);
        const auto unix = std::chrono::duration_cast<backend::Milliseconds>(at.time_since_epoch()).count();
        return {backend::makeRawId(unix - backend::kIdEpochUnixMs, 3, 0)};
    }
    static std::vector<backend::TimelineEntry> posts(int count)
    {
        std::vector<backend::TimelineEntry> out;
        for (int i = 0; i < count; ++i) {
            out.push_back(sampleEntry(postAt(i).value));
            out.back().author = {kAnton};
            out.back().authorHandle = "anton";
        }
        return out;
    }
    static backend::TimelineComparison damaged()
    {
        using Verdict = backend::EntryVerdict;
        backend::TimelineComparison out;
        out.reader = {kAnna};
        out.node = "redis-3";
        out.takenAt = kSampleTime;
        out.floor = postAt(100);
        out.cap = 800;
        out.inRedis = 4;
        out.inPostgres = 4;
        const auto add = [&](int minutes, Verdict verdict, bool redis, bool postgres) {
            out.entries.push_back({postAt(minutes), {kAnton}, "anton", redis, postgres, verdict, {}});
        };
        add(1, Verdict::Waiting, false, true);
        add(2, Verdict::Missing, false, true);
        add(3, Verdict::Same, true, true);
        add(4, Verdict::WrongScore, true, true);
        add(5, Verdict::Extra, true, false);
        add(120, Verdict::BelowFloor, true, false);
        out.entries[3].detail = "score -5";
        return out;
    }
    static bool start(PageFixture& fixture)
    {
        auto& engine = fixture.engine();
        engine.addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {450, 34, 56});
        engine.addUser({{kAnton}, "anton", "Anton C", kSampleTime}, {1, 2, 3});
        engine.setHome({kAnna}, posts(400));
        engine.setAuthor({kAnna}, posts(30));
        engine.setComparison(damaged());
        if (!fixture.open()) return false;
        fixture.make<ui::TimelinePage>().openUser("anna");
        return QTest::qWaitFor([&] { return fixture.find<QLabel>("profileName")->text().contains("@anna"); });
    }
    static void showTab(PageFixture& fixture, const char* tabs, int index)
    {
        fixture.find<QTabWidget>(tabs)->setCurrentIndex(index);
    }
    static QString text(PageFixture& fixture, const char* label)
    {
        return fixture.find<QLabel>(label)->text();
    }
    static QAbstractItemModel* rows(PageFixture& fixture, const char* view)
    {
        return fixture.find<QAbstractItemView>(view)->model();
    }
    static qint64 idAt(PageFixture& fixture, int row)
    {
        return rows(fixture, "homeTimeline")->index(row, 0).data(ui::TimelineModel::PostIdRole).toLongLong();
    }
    static QString cell(PageFixture& fixture, int row, int column)
    {
        return rows(fixture, "compareTable")->index(row, column).data().toString();
    }
    static void click(PageFixture& fixture, const char* button)
    {
        QTest::mouseClick(fixture.find<QPushButton>(button), Qt::LeftButton);
    }
    // Presses a button of the question that comes; its words are returned later.
    static void answer(const char* button, QString* words)
    {
        QTimer::singleShot(0, qApp, [button, words] {
            auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            if (!box) return;
            *words = box->text() + ' ' + box->informativeText();
            auto* chosen = box->findChild<QPushButton*>(QLatin1StringView(button));
            QTest::mouseClick(chosen ? chosen : box->button(QMessageBox::Cancel), Qt::LeftButton);
        });
    }
};

// --- compare

void TimelineToolsTest::comparesBothSidesAndMarksDifferences()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    QCOMPARE(fixture.engine().count("compareTimeline"), 0); // only when somebody looks
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7);
    QCOMPARE(cell(fixture, 1, ui::ComparedRedisColumn), QString("not there"));
    QCOMPARE(cell(fixture, 1, ui::ComparedVerdictColumn), QString("missing"));
    QCOMPARE(cell(fixture, 1, ui::ComparedPostgresColumn), QString::number(postAt(2).value));
    QCOMPARE(cell(fixture, 0, ui::ComparedVerdictColumn), QString("waiting in the queue"));
    QCOMPARE(cell(fixture, 3, ui::ComparedMeaningColumn), QString("score -5"));
    QCOMPARE(cell(fixture, 4, ui::ComparedPostgresColumn), QString("not there"));
    QVERIFY(cell(fixture, 5, 0).startsWith("Floor:") && cell(fixture, 5, 0).contains(ui::zoneName()));
    QCOMPARE(fixture.find<QTableView>("compareTable")->columnSpan(5, 0), int(ui::ComparisonColumnCount));
    QVERIFY(text(fixture, "compareSummary").contains("@anna differs: 1 missing, 1 extra, 1 wrong score"));
    QVERIFY2(text(fixture, "compareCounts").contains("4 entries on redis-3") &&
                 text(fixture, "compareCounts").contains("1 below the floor"),
             qPrintable(text(fixture, "compareCounts")));
    fixture.find<QPushButton>("compareFaultsOnly")->setChecked(true);
    QCOMPARE(rows(fixture, "compareTable")->rowCount(), 4);
    QCOMPARE(fixture.find<QTableView>("compareTable")->columnSpan(3, 0), int(ui::ComparisonColumnCount));
    QCOMPARE(fixture.find<QTableView>("compareTable")->columnSpan(2, 0), 1);
    // From a row to why it is so.
    auto* table = fixture.find<QTableView>("compareTable");
    table->setCurrentIndex(table->model()->index(0, 0));
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Return);
    const auto asked = "explain " + std::to_string(postAt(2).value) + " " + std::to_string(kAnna);
    QTRY_VERIFY([&] {
        const auto calls = fixture.engine().calls();
        return std::find(calls.begin(), calls.end(), asked) != calls.end();
    }());
}

void TimelineToolsTest::repairAsksFirstAndShowsAgain()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    showTab(fixture, "userTabs", 1);
    QTRY_VERIFY(fixture.find<QPushButton>("compareRepair")->isEnabled());
    QString words;
    answer("no such button", &words);
    click(fixture, "compareRepair");
    QVERIFY2(words.contains("@anna") && words.contains("1 missing, 1 extra") && words.contains("redis-3"),
             qPrintable(words));
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("repairTimelines"), 0);
    answer("confirmRepair", &words);
    click(fixture, "compareRepair");
    QTRY_VERIFY(text(fixture, "compareSummary").startsWith("No difference"));
    QCOMPARE(fixture.engine().count("repairTimelines"), 1);
    QVERIFY(text(fixture, "compareOutcome").contains("built again"));
    QVERIFY(!fixture.find<QPushButton>("compareRepair")->isEnabled());
}

void TimelineToolsTest::repairIsOffWhereNothingDiffers()
{
    PageFixture fixture;
    auto clean = damaged();
    clean.entries = {clean.entries[0], clean.entries[2]};
    QVERIFY(start(fixture));
    fixture.engine().setComparison(clean);
    showTab(fixture, "userTabs", 1);
    QTRY_VERIFY(text(fixture, "compareSummary").startsWith("No difference"));
    auto* repair = fixture.find<QPushButton>("compareRepair");
    QVERIFY(!repair->isEnabled() && repair->toolTip().contains("Nothing differs"));
    // A timeline that is not kept can be built; a dormant reader's cannot.
    clean.state = backend::TimelineComparison::State::NotKept;
    fixture.engine().setComparison(clean);
    click(fixture, "compareAgain");
    auto* state = fixture.find<ui::StateView>("compareState");
    QTRY_COMPARE(state->title(), QString("No timeline is kept"));
    QVERIFY(repair->isEnabled());
    clean.state = backend::TimelineComparison::State::Dormant;
    fixture.engine().setComparison(clean);
    click(fixture, "compareAgain");
    QTRY_COMPARE(state->title(), QString("Nothing to compare"));
    QVERIFY(!repair->isEnabled() && repair->toolTip().contains("dormant"));
}

void TimelineToolsTest::readOnlySaysWhyRepairIsOff()
{
    PageFixture fixture;
    fixture.engine().setReadOnly(true);
    QVERIFY(start(fixture));
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7); // looking is allowed
    auto* repair = fixture.find<QPushButton>("compareRepair");
    QVERIFY(!repair->isEnabled());
    QVERIFY(repair->toolTip().contains("read-only"));
    QVERIFY(text(fixture, "compareOutcome").contains("read-only"));
    QVERIFY(fixture.find<QLabel>("compareOutcome")->isVisible());
}

void TimelineToolsTest::failedComparisonAndRepairSaySo()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().failWith("compareTimeline",
                              {backend::ErrorCode::Unavailable, "pg-2 does not answer", true});
    showTab(fixture, "userTabs", 1);
    auto* state = fixture.find<ui::StateView>("compareState");
    QTRY_VERIFY(state->text().contains("pg-2 does not answer"));
    QVERIFY(!fixture.find<QPushButton>("compareRepair")->isEnabled());
    fixture.engine().clearFailure("compareTimeline");
    click(fixture, "compareAgain");
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7);
    fixture.engine().failWith("repairTimelines", {backend::ErrorCode::Unavailable, "redis-3 is down", true});
    QString words;
    answer("confirmRepair", &words);
    click(fixture, "compareRepair");
    QTRY_VERIFY(text(fixture, "compareOutcome").contains("not repaired: redis-3 is down"));
    QTRY_VERIFY(text(fixture, "compareSummary").contains("differs")); // it was looked at again
}

void TimelineToolsTest::escCancelsAComparison()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().hold("compareTimeline");
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(fixture.engine().count("compareTimeline"), 1);
    auto* state = fixture.find<ui::StateView>("compareState");
    QVERIFY(state->text().contains("Esc cancels"));
    QTest::keyClick(fixture.page.get(), Qt::Key_Escape);
    QCOMPARE(state->title(), QString("Cancelled"));
    fixture.engine().release("compareTimeline");
    QVERIFY(fixture.waitForNews());
    QCOMPARE(rows(fixture, "compareTable")->rowCount(), 0); // the late answer is dropped
    click(fixture, "compareAgain");
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7);
}

void TimelineToolsTest::disconnectInTheMiddleLeavesNothingBehind()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().hold("compareTimeline");
    showTab(fixture, "userTabs", 1);
    QTRY_COMPARE(fixture.engine().count("compareTimeline"), 1);
    fixture.bridge.close();
    auto* message = fixture.find<ui::StateView>("timelineMessage");
    QTRY_VERIFY(message->isVisible() && message->title() == "Not connected");
    fixture.engine().releaseAll();
    QTRY_COMPARE(fixture.fake->closed.load(), 1);
    QCOMPARE(rows(fixture, "compareTable")->rowCount(), 0);
    QVERIFY(message->isVisible());
}

// --- explain

void TimelineToolsTest::explainsASelectedPost()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    const auto post = postAt(2);
    fixture.engine().setExplanation({post,
                                     {kAnna},
                                     {kAnton},
                                     backend::ExplainAnswer::Delivered,
                                     true,
                                     "the post is in the reader's sorted set",
                                     {{post.time(), "posted by 5000002"},
                                      {post.time() + 1s, "chunk 3 was delivered"},
                                      {std::nullopt, "the post's id is in it"}}});
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 10);
    auto* view = fixture.find<QListView>("homeTimeline");
    view->setCurrentIndex(view->model()->index(2, 0));
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("explain"), 0); // only when somebody looks
    showTab(fixture, "postTabs", 1);
    QTRY_VERIFY2(text(fixture, "explainVerdict").contains("@anna sees post"),
                 qPrintable(text(fixture, "explainVerdict")));
    QCOMPARE(text(fixture, "explainReason"), QString("The post is in the reader's sorted set."));
    const auto steps = fixture.page->findChildren<QWidget*>("trailStep");
    QCOMPARE(steps.size(), 3);
    const auto at = steps[0]->findChild<QLabel*>("trailTime")->text();
    QVERIFY2(at.startsWith(ui::formatTime(post.time()).left(19)) && at.endsWith(ui::zoneName()),
             qPrintable(at));
    QCOMPARE(steps[0]->findChild<QLabel*>("trailText")->text(), QString("Posted by @anton."));
    QCOMPARE(steps[1]->findChild<QLabel*>("trailText")->text(), QString("Chunk 3 was delivered."));
    QCOMPARE(steps[2]->findChild<QLabel*>("trailTime")->text(), QString("now"));
    // Another post takes the place of the first one's trail.
    view->setCurrentIndex(view->model()->index(4, 0));
    QTRY_VERIFY(text(fixture, "explainVerdict").contains(QString::number(postAt(4).value)));
    const auto told = fixture.page->findChildren<QWidget*>("trailStep");
    QCOMPARE(told.size(), 4);
    const auto textOf = [&](int step) { return told[step]->findChild<QLabel*>("trailText")->text(); };
    QCOMPARE(textOf(0), QString("The reader began to follow the author."));
    QVERIFY2(textOf(2).endsWith("by task post_created 17 on pg-2, worker 2 of fake:1."),
             qPrintable(textOf(2)));
}

// All that a trail may tell, each with its time; what is so until a time to come says when that is.
void TimelineToolsTest::explainShowsEveryElement()
{
    using Element = backend::ExplainElement;
    PageFixture fixture;
    QVERIFY(start(fixture));
    const auto at = postAt(2).time();
    const std::vector<backend::ExplainStep> trail{
        {at - 2h, "the reader became dormant", Element::Reader},
        {at, "posted by 5000002, logical shard 3 on pg-2", Element::Posted},
        {at + 1s, "chunk 0 passed the reader over: the reader was dormant then", Element::Skipped},
        {at + 2s, "the author is not pushed", Element::Pulled},
        {at + 3s, "by then the reader had 800 newer posts: trimmed by count", Element::Trimmed},
        {at + 4s, "the post was deleted", Element::Deleted},
        {at + 5s, "task deliver_chunk 4 on pg-2 is held by worker 3 of far:17, attempt 1", Element::Task},
        {at + 240h, "until then worker 3 of far:17 has its lease on deliver_chunk 4 on pg-2", Element::Task},
        {std::nullopt, "the post's tombstone is in the object cache on redis-3", Element::Tombstone},
        {std::nullopt, "the space of its entries is not reclaimed yet", Element::Reclaimed},
        {std::nullopt, "the post's id is below that floor", Element::Timeline}};
    fixture.engine().setExplanation({postAt(2),
                                     {kAnna},
                                     {kAnton},
                                     backend::ExplainAnswer::Deleted,
                                     false,
                                     "the post was deleted",
                                     trail});
    showTab(fixture, "postTabs", 1);
    fixture.find<QLineEdit>("explainPost")->setText(QString::number(postAt(2).value));
    fixture.find<QLineEdit>("explainReader")->setText("anna");
    click(fixture, "explainAsk");
    QTRY_VERIFY(text(fixture, "explainVerdict").contains("@anna does not see post"));
    const auto steps = fixture.page->findChildren<QWidget*>("trailStep");
    QCOMPARE(steps.size(), qsizetype(trail.size()));
    for (std::size_t i = 0; i < trail.size(); ++i) {
        const auto time = steps[qsizetype(i)]->findChild<QLabel*>("trailTime")->text();
        if (trail[i].at)
            QVERIFY2(time.startsWith(ui::formatTime(*trail[i].at).left(19)), qPrintable(time));
        else
            QCOMPARE(time, QString("now"));
        const auto said = steps[qsizetype(i)]->findChild<QLabel*>("trailText");
        QVERIFY(said->text().endsWith(
            QString::fromStdString(trail[i].what).replace("5000002", "@anton").mid(1) + u'.'));
        QVERIFY(said->wordWrap());
    }
}

// From a reader to an author: why is this post not in that reader's home timeline?
void TimelineToolsTest::explainsAnAuthorsPostForTheReaderBefore()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setAuthor({kAnton}, {sampleEntry(postAt(7).value)});
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0);
    auto* home = fixture.find<QListView>("homeTimeline");
    home->setCurrentIndex(home->model()->index(0, 0));
    home->setFocus();
    QTest::keyClick(home, Qt::Key_Return);
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
    QTRY_COMPARE(rows(fixture, "authorTimeline")->rowCount(), 1);
    showTab(fixture, "postTabs", 1);
    auto* author = fixture.find<QListView>("authorTimeline");
    author->setCurrentIndex(author->model()->index(0, 0));
    QTRY_VERIFY2(text(fixture, "explainVerdict").contains("@anna sees post"),
                 qPrintable(text(fixture, "explainVerdict")));
    QCOMPARE(fixture.find<QLineEdit>("explainReader")->text(), QString("anna"));
}

void TimelineToolsTest::explainsWhatIsEntered()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    showTab(fixture, "postTabs", 1);
    fixture.find<QLineEdit>("explainPost")->setText("not a number");
    fixture.find<QLineEdit>("explainReader")->setText("@anton");
    click(fixture, "explainAsk");
    auto* state = fixture.find<ui::StateView>("explainState");
    QCOMPARE(state->title(), QString("Not an id"));
    fixture.find<QLineEdit>("explainPost")->setText("12345");
    QTest::keyClick(fixture.find<QLineEdit>("explainReader"), Qt::Key_Return);
    QTRY_VERIFY2(text(fixture, "explainVerdict").contains("@anton does not see post 12345"),
                 qPrintable(text(fixture, "explainVerdict")));
    fixture.find<QLineEdit>("explainReader")->setText("@nobody");
    click(fixture, "explainAsk");
    QTRY_VERIFY(state->isVisible() && state->title() == "No such reader");
}

void TimelineToolsTest::explainsFaultsAndErrors()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    showTab(fixture, "postTabs", 1);
    fixture.find<QLineEdit>("explainPost")->setText("12345");
    fixture.find<QLineEdit>("explainReader")->setText("anna");
    fixture.engine().failWith("explain", {backend::ErrorCode::Unavailable, "redis-3 is down", true});
    click(fixture, "explainAsk");
    auto* state = fixture.find<ui::StateView>("explainState");
    QTRY_VERIFY(state->text().contains("redis-3 is down"));
    fixture.engine().clearFailure("explain");
    fixture.engine().hold("explain");
    click(fixture, "explainAsk");
    QTRY_COMPARE(fixture.engine().count("explain"), 2);
    QTest::keyClick(fixture.page.get(), Qt::Key_Escape);
    QCOMPARE(state->title(), QString("Cancelled"));
    fixture.engine().release("explain");
    QVERIFY(fixture.waitForNews());
    QCOMPARE(state->title(), QString("Cancelled"));
}

// --- a fan-out's progress

void TimelineToolsTest::progressOfAFanOutIsFollowedToItsEnd()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    backend::DeliveryLedger ledger;
    ledger.post = postAt(0);
    ledger.audience = 1'000;
    ledger.skippedDormant = 100;
    ledger.pushed = 300;
    ledger.committedAt = kSampleTime;
    ledger.chunksPlanned = 3;
    ledger.chunksDone = 1;
    ledger.chunks = {{0, 300, 0, 0, 0, {}, kSampleTime + 100ms, kSampleTime + 200ms}};
    fixture.engine().setLedger(ledger);
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0);
    auto* view = fixture.find<QListView>("homeTimeline");
    view->setCurrentIndex(view->model()->index(0, 0));
    auto* bar = fixture.find<ui::PartBar>("ledgerBar");
    QTRY_VERIFY(bar->isVisible());
    QCOMPARE(bar->parts().size(), std::size_t(3));
    QCOMPARE(bar->partText(bar->parts()[0]), QString("pushed 300 (30.0 %)"));
    QCOMPARE(bar->partText(bar->parts()[2]), QString("outstanding 600 (60.0 %)"));
    QCOMPARE(text(fixture, "ledgerDelays"), QString("p50 200 ms · p99 200 ms"));
    ledger.pushed = 500;
    fixture.engine().setLedger(ledger);
    QTRY_VERIFY2(text(fixture, "ledgerEta").contains("left"), qPrintable(text(fixture, "ledgerEta")));
    QVERIFY(text(fixture, "ledgerRate").contains("readers/s"));
    // Nobody looks: nobody asks.
    showTab(fixture, "userTabs", 2);
    QVERIFY(fixture.waitForNews());
    const int asked = fixture.engine().count("ledger");
    QTest::qWait(1'200);
    QVERIFY(fixture.engine().count("ledger") <= asked + 1); // one may have been on its way
    // Back again: it goes on by itself, to the end and no further.
    ledger.pushed = 900;
    ledger.chunksDone = 3;
    ledger.firstDeliveryAt = kSampleTime + 100ms;
    ledger.lastDeliveryAt = kSampleTime + 1'100ms;
    fixture.engine().setLedger(ledger);
    showTab(fixture, "userTabs", 0);
    QTRY_VERIFY(text(fixture, "ledgerChunkCount").contains("all done"));
    QCOMPARE(text(fixture, "ledgerRate"), QString("900 deliveries/s, first to last"));
    QCOMPARE(text(fixture, "ledgerEta"), ui::formatDuration(1.1));
    const int atTheEnd = fixture.engine().count("ledger");
    QTest::qWait(1'200);
    QCOMPARE(fixture.engine().count("ledger"), atTheEnd);
    // One write for all has no rate, and says why.
    ledger.post = postAt(1);
    ledger.lastDeliveryAt = ledger.firstDeliveryAt;
    fixture.engine().setLedger(ledger);
    view->setCurrentIndex(view->model()->index(1, 0));
    QTRY_COMPARE(text(fixture, "ledgerRate"), QString("none: all at once"));
}

// --- time

void TimelineToolsTest::jumpsToATimeAndBack()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0);
    const auto at = postAt(200).time();
    fixture.find<QDateTimeEdit>("jumpTime")
        ->setDateTime(QDateTime::fromSecsSinceEpoch(
            std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count()));
    click(fixture, "jumpGo");
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0 && idAt(fixture, 0) == postAt(200).value);
    QVERIFY(fixture.find<QLabel>("homePast")->isVisible());
    QVERIFY2(text(fixture, "homePast").contains(ui::formatTime(at)), qPrintable(text(fixture, "homePast")));
    // A refresh stays in that part of the past.
    click(fixture, "refreshTimelines");
    QVERIFY(fixture.waitForNews());
    QCOMPARE(idAt(fixture, 0), postAt(200).value);
    click(fixture, "jumpNewest");
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0 && idAt(fixture, 0) == postAt(0).value);
    QVERIFY(!fixture.find<QLabel>("homePast")->isVisible());
    // Enter in the field goes there, too.
    QTest::keyClick(fixture.find<QDateTimeEdit>("jumpTime"), Qt::Key_Return);
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0 && idAt(fixture, 0) == postAt(200).value);
}

void TimelineToolsTest::pagesUpwardsWithoutAGap()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    // Half of the posts of one minute: more than a page in any stretch that a guess takes.
    auto some = posts(400);
    for (int i = 0; i < 200; ++i)
        some[std::size_t(i)] = sampleEntry(postAt(1).value + (std::int64_t(200 - i) << 22));
    for (int i = 0; i < 400; ++i)
        some[std::size_t(i)].body = std::to_string(i);
    fixture.engine().setHome({kAnna}, some);
    auto& page = static_cast<ui::TimelinePage&>(*fixture.page);
    page.openArgument("@anna/at/" + QString::number(kSampleTime.time_since_epoch() / 1s - 390 * 60));
    auto* model = rows(fixture, "homeTimeline");
    QTRY_VERIFY(model->rowCount() > 0 && idAt(fixture, 0) == postAt(390).value);
    auto* newer = fixture.find<QPushButton>("homeNewer");
    int clicks = 0;
    while (newer->isVisible() && ++clicks < 200) {
        const int before = model->rowCount();
        QTest::mouseClick(newer, Qt::LeftButton);
        QTRY_VERIFY(model->rowCount() > before || !newer->isVisible());
        QTRY_VERIFY(!newer->isVisible() || newer->isEnabled());
    }
    QVERIFY(!newer->isVisible());
    while (model->canFetchMore({})) {
        model->fetchMore({});
        QVERIFY(fixture.waitForNews());
    }
    QCOMPARE(model->rowCount(), 400);
    for (int row = 0; row < 400; ++row)
        QCOMPARE(idAt(fixture, row), some[std::size_t(row)].id.value);
}

void TimelineToolsTest::saysWhenNothingIsThatOld()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto& page = static_cast<ui::TimelinePage&>(*fixture.page);
    page.openArgument("@anna/at/" + QString::number(kSampleTime.time_since_epoch() / 1s - 20'000 * 60));
    QTRY_VERIFY2(text(fixture, "homePast").contains("Nothing is as old as"),
                 qPrintable(text(fixture, "homePast")));
    QVERIFY(text(fixture, "homePast").contains(ui::formatTime(postAt(399).time())));
    auto* model = rows(fixture, "homeTimeline");
    QCOMPARE(idAt(fixture, model->rowCount() - 1), postAt(399).value);
}

void TimelineToolsTest::failureUpwardsCanBeTriedAgain()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto& page = static_cast<ui::TimelinePage&>(*fixture.page);
    page.openArgument("@anna/at/" + QString::number(kSampleTime.time_since_epoch() / 1s - 200 * 60));
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0 && idAt(fixture, 0) == postAt(200).value);
    fixture.engine().failWith("homePage", {backend::ErrorCode::Unavailable, "pg-1 does not answer", true});
    click(fixture, "homeNewer");
    QTRY_VERIFY(text(fixture, "homeState").contains("pg-1 does not answer"));
    QCOMPARE(idAt(fixture, 0), postAt(200).value);
    fixture.engine().clearFailure("homePage");
    QTRY_VERIFY(fixture.find<QPushButton>("homeNewer")->isEnabled());
    click(fixture, "homeNewer");
    QTRY_VERIFY(idAt(fixture, 0) > postAt(200).value);
    QVERIFY(!text(fixture, "homeState").contains("pg-1"));
}

// --- follow lists

void TimelineToolsTest::followListsLoadAsTheyAreScrolled()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    std::vector<backend::User> followers;
    for (int i = 0; i < 450; ++i)
        followers.push_back({{1'000 + i}, "f" + std::to_string(i), "F", kSampleTime});
    followers.push_back({{kAnton}, "anton", "Anton C", kSampleTime});
    fixture.engine().setFollowers({kAnna}, followers);
    QCOMPARE(fixture.engine().count("followers"), 0);
    showTab(fixture, "userTabs", 2);
    auto* table = fixture.find<QTableView>("followersTable");
    QTRY_COMPARE(table->model()->rowCount(), 200);
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("followers"), 1); // what is not looked at is not loaded
    QVERIFY2(text(fixture, "followersFoot").contains("200 of 450"),
             qPrintable(text(fixture, "followersFoot")));
    QTRY_VERIFY([&] {
        table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum());
        return table->model()->rowCount() == 451;
    }());
    QCOMPARE(fixture.engine().count("followers"), 3);
    QVERIFY(text(fixture, "followersFoot").startsWith("All 451"));
    table->setCurrentIndex(table->model()->index(450, 0));
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Return);
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
    auto* face = fixture.find<ui::StateView>("followersFace");
    QTRY_VERIFY(face->isVisible() && face->title() == "Nobody");
}

void TimelineToolsTest::aClickOnAHandleOpensTheUser()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setFollowing({kAnna}, {{{kAnton}, "anton", "Anton C", kSampleTime}});
    showTab(fixture, "userTabs", 3);
    auto* table = fixture.find<QTableView>("followingTable");
    QTRY_COMPARE(table->model()->rowCount(), 1);
    const auto clickOn = [table](int column) {
        const auto place = table->visualRect(table->model()->index(0, column));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, place.center());
    };
    clickOn(1); // elsewhere it only selects
    QVERIFY(fixture.waitForNews());
    QVERIFY(text(fixture, "profileName").contains("@anna"));
    clickOn(0);
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
}

void TimelineToolsTest::followListsSayWhatFailed()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setFollowing({kAnna}, {{{kAnton}, "anton", "Anton C", kSampleTime}});
    fixture.engine().failWith("following", {backend::ErrorCode::Unavailable, "pg-1 does not answer", true});
    showTab(fixture, "userTabs", 3);
    auto* face = fixture.find<ui::StateView>("followingFace");
    QTRY_VERIFY(face->text().contains("pg-1 does not answer"));
    fixture.engine().clearFailure("following");
    click(fixture, "followingRetry");
    QTRY_COMPARE(rows(fixture, "followingTable")->rowCount(), 1);
    QVERIFY(!face->isVisible());
}

// --- links

void TimelineToolsTest::linksLeadBackToWhatWasShown()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto& page = static_cast<ui::TimelinePage&>(*fixture.page);
    QCOMPARE(page.linkArgument(), QString("@anna"));
    const auto post = "@anna/post/" + QString::number(postAt(333).value);
    page.openArgument(post);
    auto* view = fixture.find<QListView>("homeTimeline");
    QTRY_VERIFY(view->currentIndex().data(ui::TimelineModel::PostIdRole).toLongLong() == postAt(333).value);
    QCOMPARE(page.linkArgument(), post);
    page.openArgument("@anna/compare");
    QTRY_COMPARE(rows(fixture, "compareTable")->rowCount(), 7);
    QCOMPARE(page.linkArgument(), QString("@anna/compare"));
    page.openArgument("@anton/following");
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
    QTRY_COMPARE(page.linkArgument(), QString("@anton/following"));
    page.openArgument("@anna/explain/12345");
    QTRY_VERIFY(text(fixture, "explainVerdict").contains("@anna does not see post 12345"));
    QCOMPARE(page.linkArgument(), QString("@anna/explain/12345"));
    // A post that is in neither timeline says so, and why.
    page.openArgument("@anton/post/777");
    QTRY_VERIFY(text(fixture, "timelineOutcome").contains("in neither timeline"));
    QTRY_VERIFY(text(fixture, "explainVerdict").contains("@anton does not see post 777"));
}

} // namespace tests

QTEST_MAIN(tests::TimelineToolsTest)
#include "timeline_tools_test.moc"
