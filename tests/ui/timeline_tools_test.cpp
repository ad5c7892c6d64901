// What the Timeline browser does with a user besides showing pages: a fan-out's progress, jumps in time,
// follow lists, links; with errors and delays, on a scripted engine.
#include "tests/ui/timeline_tools_fixture.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/part_bar.h"
#include "ui/widgets/state_view.h"

#include <QDateTimeEdit>
#include <QScrollBar>

namespace tests {

class TimelineToolsTest : public QObject, private TimelineToolsFixture
{
    Q_OBJECT

private slots:
    void progressOfAFanOutIsFollowedToItsEnd();
    void jumpsToATimeAndBack();
    void pagesUpwardsWithoutAGap();
    void saysWhenNothingIsThatOld();
    void failureUpwardsCanBeTriedAgain();
    void followListsLoadAsTheyAreScrolled();
    void aClickOnAHandleOpensTheUser();
    void followListsSayWhatFailed();
    void linksLeadBackToWhatWasShown();
};

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
    auto waits = ledger; // for a worker to read its audience
    waits.audience = waits.pushed = waits.skippedDormant = 0;
    waits.chunksPlanned = 1;
    waits.chunksDone = 0;
    waits.chunks.clear();
    fixture.engine().setLedger(waits);
    QTRY_VERIFY(rows(fixture, "homeTimeline")->rowCount() > 0);
    auto* view = fixture.find<QListView>("homeTimeline");
    view->setCurrentIndex(view->model()->index(0, 0));
    auto* bar = fixture.find<ui::PartBar>("ledgerBar");
    QTRY_COMPARE(text(fixture, "ledgerAudience"), QString("read when it is planned"));
    QCOMPARE(text(fixture, "ledgerOutstanding"), ui::unknownText());
    QCOMPARE(text(fixture, "ledgerChunkCount"), QString("not planned yet"));
    QVERIFY(!bar->isVisible());
    fixture.engine().setLedger(ledger);
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
