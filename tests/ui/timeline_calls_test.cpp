// What the Timeline browser asks of the engine, and when it stops: the newest wish only, no longer than
// somebody looks, and never at the cost of what is shown.
#include <QDateTimeEdit>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include "tests/models/model_samples.h"
#include "tests/ui/page_fixture.h"
#include "tests/ui/settled.h"
#include "ui/models/follow_model.h"
#include "ui/pages/timeline_page.h"
#include "ui/widgets/state_view.h"

#include <algorithm>

using namespace std::chrono_literals;

namespace tests {

class TimelineCallsTest : public QObject
{
    Q_OBJECT

private slots:
    void heldDownKeyExplainsTheNewestOnly();
    void heldDownKeyReadsTheNewestLedgerOnly();
    void ledgerRestsWhilePaused();
    void ledgerOfNoPostIsNotAskedForAgain();
    void ledgerThatCouldNotBeReadIsAskedForAgain();
    void newestLeavesThePost();
    void refreshWaitsForAnOpening();
    void escCancelsAnOpening();
    void followListKeepsItsPlace();
    void escEndsTheReadingOfAFollowList();
    void followListThatCannotBeReadAgainStays();
    void pageThatIsShownOftenWhileNobodyAnswersStaysUsable();

private:
    static constexpr std::int64_t kAnna = 5'000'001, kAnton = 5'000'002;

    static bool start(PageFixture& fixture)
    {
        auto& engine = fixture.engine();
        engine.addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {450, 34, 56});
        engine.addUser({{kAnton}, "anton", "Anton C", kSampleTime}, {1, 2, 3});
        engine.setHome({kAnna}, samplePage(900, 601, false).entries);
        engine.setAuthor({kAnna}, samplePage(120, 101, false).entries);
        engine.setHome({kAnton}, samplePage(50, 40, false).entries);
        if (!fixture.open()) return false;
        fixture.make<ui::TimelinePage>().openUser("anna");
        auto* home = fixture.find<QListView>("homeTimeline");
        return QTest::qWaitFor([&] { return home->model()->rowCount() > 20; }, kPatienceMs);
    }
    static void choose(PageFixture& fixture, int row)
    {
        auto* view = fixture.find<QListView>("homeTimeline");
        view->setCurrentIndex(view->model()->index(row, 0));
    }
    static void showTab(PageFixture& fixture, const char* tabs, int index)
    {
        fixture.find<QTabWidget>(tabs)->setCurrentIndex(index);
    }
    static QString text(PageFixture& fixture, const char* label)
    {
        return fixture.find<QLabel>(label)->text();
    }
    static backend::DeliveryLedger unfinished(std::int64_t post)
    {
        backend::DeliveryLedger out;
        out.post = {post};
        out.audience = 100;
        out.pushed = 40;
        out.chunksPlanned = 2;
        out.chunksDone = 1;
        out.committedAt = kSampleTime;
        return out;
    }
    static std::vector<backend::User> followers(int count)
    {
        std::vector<backend::User> out;
        for (int i = 0; i < count; ++i)
            out.push_back({{1'000 + 10 * i}, "f" + std::to_string(i), "F", kSampleTime});
        return out;
    }
};

// Each showing asks who posted last; more of them than the engine is asked at a time must not hold up a user.
void TimelineCallsTest::pageThatIsShownOftenWhileNobodyAnswersStaysUsable()
{
    PageFixture fixture;
    fixture.engine().addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {450, 34, 56});
    fixture.engine().setHome({kAnna}, samplePage(900, 601, false).entries);
    fixture.engine().hold("publicPage");
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::TimelinePage>();
    QTRY_COMPARE(fixture.engine().count("publicPage"), 1);
    for (int i = 0; i < 8; ++i) {
        page.hide();
        page.show();
        QVERIFY(fixture.waitForNews());
    }
    page.openUser("anna");
    QTRY_VERIFY(fixture.find<QListView>("homeTimeline")->model()->rowCount() > 20);
    QCOMPARE(fixture.engine().count("publicPage"), 1);
    fixture.engine().releaseAll();
}

void TimelineCallsTest::heldDownKeyExplainsTheNewestOnly()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    showTab(fixture, "postTabs", 1);
    fixture.engine().hold("explain");
    for (int row = 0; row < 12; ++row)
        choose(fixture, row);
    QTRY_COMPARE(fixture.engine().count("explain"), 1);
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("explain"), 1);
    fixture.engine().release("explain");
    QTRY_VERIFY2(text(fixture, "explainVerdict").contains("889"),
                 qPrintable(text(fixture, "explainVerdict")));
    QCOMPARE(fixture.engine().count("explain"), 2); // the first, which had begun, and the last
}

void TimelineCallsTest::heldDownKeyReadsTheNewestLedgerOnly()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setLedger(unfinished(889));
    fixture.engine().hold("ledger");
    for (int row = 0; row < 12; ++row)
        choose(fixture, row);
    QTRY_COMPARE(fixture.engine().count("ledger"), 1);
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("ledger"), 1);
    fixture.engine().release("ledger");
    QTRY_COMPARE(text(fixture, "ledgerPushed"), QString("40"));
    const auto calls = fixture.engine().calls();
    for (int post = 890; post < 900; ++post)
        QVERIFY(std::find(calls.begin(), calls.end(), "ledger " + std::to_string(post)) == calls.end());
}

void TimelineCallsTest::ledgerRestsWhilePaused()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setLedger(unfinished(900));
    choose(fixture, 0);
    QTRY_VERIFY(fixture.engine().count("ledger") >= 2); // its fan-out is followed
    fixture.bridge.setPolling(false);
    QVERIFY(settled(fixture.engine()));
    const int asked = fixture.engine().asked();
    QTest::qWait(1'500);
    QCOMPARE(fixture.engine().asked(), asked);
    fixture.bridge.setPolling(true);
    const int before = fixture.engine().count("ledger");
    QTRY_VERIFY(fixture.engine().count("ledger") > before);
}

void TimelineCallsTest::ledgerOfNoPostIsNotAskedForAgain()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    choose(fixture, 0); // the engine has none
    auto* state = fixture.find<ui::StateView>("ledgerState");
    QTRY_COMPARE(state->title(), QString("No such post"));
    const int asked = fixture.engine().count("ledger");
    QTest::qWait(1'500);
    QCOMPARE(fixture.engine().count("ledger"), asked);
}

void TimelineCallsTest::ledgerThatCouldNotBeReadIsAskedForAgain()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setLedger(unfinished(900));
    fixture.engine().failWith("ledger", {backend::ErrorCode::Unavailable, "pg-2 does not answer", true});
    choose(fixture, 0);
    auto* state = fixture.find<ui::StateView>("ledgerState");
    QTRY_VERIFY(state->isVisible() && state->text().contains("pg-2 does not answer"));
    fixture.engine().clearFailure("ledger");
    QTRY_COMPARE(text(fixture, "ledgerPushed"), QString("40")); // by itself
    QTRY_VERIFY(!state->isVisible());
    const int asked = fixture.engine().count("ledger");
    QTRY_VERIFY(fixture.engine().count("ledger") > asked); // and it is followed on
}

void TimelineCallsTest::newestLeavesThePost()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    for (const char* button : {"jumpNewest", "homeToNewest"}) {
        fixture.engine().setLedger(unfinished(895));
        choose(fixture, 5);
        QTRY_VERIFY(fixture.find<QLabel>("ledgerPushed")->isVisible());
        QCOMPARE(fixture.find<QLineEdit>("explainPost")->text(), QString("895"));
        fixture.find<QPushButton>(button)->click();
        QTRY_COMPARE(fixture.find<ui::StateView>("ledgerState")->title(), QString("No post selected"));
        QVERIFY(fixture.find<QLineEdit>("explainPost")->text().isEmpty());
        QTest::qWait(100);
        const int asked = fixture.engine().count("ledger");
        QTest::qWait(1'200);
        QCOMPARE(fixture.engine().count("ledger"), asked);
        auto* home = fixture.find<QListView>("homeTimeline");
        QTRY_VERIFY(home->model()->rowCount() > 20);
    }
    // What somebody entered by hand stays.
    fixture.find<QLineEdit>("explainPost")->setText("12345");
    choose(fixture, 5);
    fixture.find<QLineEdit>("explainPost")->setText("12345");
    fixture.find<QPushButton>("jumpNewest")->click();
    QCOMPARE(fixture.find<QLineEdit>("explainPost")->text(), QString("12345"));
}

void TimelineCallsTest::refreshWaitsForAnOpening()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto& page = static_cast<ui::TimelinePage&>(*fixture.page);
    fixture.engine().hold("userByHandle");
    page.openArgument("@anton/following");
    QTRY_VERIFY(fixture.engine().count("userByHandle") >= 2);
    page.refresh(); // F5 while it is being opened
    QVERIFY(fixture.waitForNews());
    QVERIFY(text(fixture, "profileName").contains("@anna"));
    QCOMPARE(fixture.find<QTabWidget>("userTabs")->currentIndex(), 0); // the part is not @anna's
    fixture.engine().release("userByHandle");
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
    QCOMPARE(page.linkArgument(), QString("@anton/following"));
    const int profiles = fixture.engine().count("profile");
    page.refresh(); // afterwards it refreshes
    QTRY_VERIFY(fixture.engine().count("profile") > profiles);
}

void TimelineCallsTest::escCancelsAnOpening()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto& page = static_cast<ui::TimelinePage&>(*fixture.page);
    fixture.engine().hold("userByHandle");
    const int asked = fixture.engine().count("userByHandle");
    page.openUser("anton");
    QTRY_COMPARE(fixture.engine().count("userByHandle"), asked + 1);
    QCOMPARE(text(fixture, "timelineOutcome"), QString("Looking for anton. Esc cancels."));
    QTest::keyClick(&page, Qt::Key_Escape);
    QCOMPARE(text(fixture, "timelineOutcome"), QString("Cancelled."));
    fixture.engine().release("userByHandle");
    QVERIFY(fixture.waitForNews());
    QVERIFY(text(fixture, "profileName").contains("@anna")); // the late answer is dropped
}

void TimelineCallsTest::followListKeepsItsPlace()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto all = followers(1'000);
    fixture.engine().setFollowers({kAnna}, all);
    showTab(fixture, "userTabs", 2);
    auto* table = fixture.find<QTableView>("followersTable");
    auto* model = static_cast<ui::FollowModel*>(table->model());
    QTRY_COMPARE(model->rowCount(), 200);
    QTRY_VERIFY([&] {
        table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum());
        return model->rowCount() >= 400;
    }());
    table->verticalScrollBar()->setValue(0);
    QTRY_VERIFY(text(fixture, "followersFoot").contains("loaded, scroll for more"));
    const int loaded = model->rowCount();
    fixture.page->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(fixture.page.get()));
    table->setFocus();
    table->setCurrentIndex(model->index(300, 0));
    table->scrollTo(model->index(300, 0), QAbstractItemView::PositionAtTop);
    const auto chosen = model->user(table->currentIndex()).id;
    const int asked = fixture.engine().count("followers");
    // Somebody left, somebody came, somebody has another name.
    all.erase(all.begin() + 3);
    all.insert(all.begin() + 250, backend::User{{1'000 + 10 * 251 - 1}, "new", "New", kSampleTime});
    all[10].displayName = "Renamed";
    fixture.engine().setFollowers({kAnna}, all);
    bool hidden = false;
    connect(model, &QAbstractItemModel::modelReset, table, [&] { hidden = true; });
    fixture.page->refresh();
    QTRY_COMPARE(model->index(10, 1).data().toString(), QString("Renamed"));
    QTRY_VERIFY(text(fixture, "followersFoot").contains("loaded, scroll for more"));
    QVERIFY(!hidden);
    QCOMPARE(fixture.engine().count("followers"), asked + loaded / 200); // as far as it was loaded
    QCOMPARE(model->rowCount(), loaded);
    QVERIFY(model->user(table->currentIndex()).id == chosen);
    QVERIFY(table->hasFocus());
    QVERIFY(table->verticalScrollBar()->value() > 250);
    for (int row = 0; row < model->rowCount(); ++row)
        QVERIFY(model->user(model->index(row, 0)).id == all[std::size_t(row)].id);
    // And on to the end, without a gap.
    QTRY_VERIFY([&] {
        table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum());
        return model->rowCount() == 1'000;
    }());
    for (int row = 0; row < model->rowCount(); ++row)
        QVERIFY(model->user(model->index(row, 0)).id == all[std::size_t(row)].id);
}

void TimelineCallsTest::followListThatCannotBeReadAgainStays()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setFollowers({kAnna}, followers(20));
    showTab(fixture, "userTabs", 2);
    auto* model = fixture.find<QTableView>("followersTable")->model();
    QTRY_COMPARE(model->rowCount(), 20);
    fixture.engine().failWith("followers", {backend::ErrorCode::Unavailable, "pg-1 does not answer", true});
    fixture.page->refresh();
    QTRY_VERIFY2(text(fixture, "followersFoot").startsWith("It could not be read again: pg-1"),
                 qPrintable(text(fixture, "followersFoot")));
    QCOMPARE(model->rowCount(), 20);
    fixture.engine().clearFailure("followers");
    fixture.engine().setFollowers({kAnna}, followers(21));
    fixture.find<QPushButton>("followersRetry")->click();
    QTRY_COMPARE(model->rowCount(), 21);
    QVERIFY(text(fixture, "followersFoot").startsWith("All 21"));
    fixture.engine().setFollowers({kAnna}, {});
    fixture.page->refresh();
    QTRY_VERIFY(fixture.find<ui::StateView>("followersFace")->isVisible());
}

void TimelineCallsTest::escEndsTheReadingOfAFollowList()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().setFollowers({kAnna}, followers(450));
    fixture.engine().hold("followers");
    fixture.page->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(fixture.page.get()));
    showTab(fixture, "userTabs", 2);
    auto* table = fixture.find<QTableView>("followersTable");
    auto* face = fixture.find<ui::StateView>("followersFace");
    auto* again = fixture.find<QPushButton>("followersRetry");
    QTRY_COMPARE(fixture.engine().count("followers"), 1);
    QCOMPARE(face->kind(), ui::StateView::Kind::Loading);
    QTest::keyClick(fixture.page.get(), Qt::Key_Escape); // the first page
    QCOMPARE(face->kind(), ui::StateView::Kind::Empty);
    QVERIFY(again->isVisible());
    fixture.engine().release("followers");
    QTest::qWait(100);
    QCOMPARE(table->model()->rowCount(), 0); // what comes after all is nobody's
    again->click();
    QTRY_COMPARE(table->model()->rowCount(), 200);
    QVERIFY(!again->isVisible());
    fixture.engine().hold("followers");
    table->setFocus();
    table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum());
    QTRY_VERIFY(text(fixture, "followersFoot").contains("loading more… Esc cancels"));
    QTest::keyClick(table, Qt::Key_Escape); // a further one
    QVERIFY2(text(fixture, "followersFoot").contains("reading was cancelled"),
             qPrintable(text(fixture, "followersFoot")));
    QCOMPARE(table->model()->rowCount(), 200);
    again->click();
    QTRY_VERIFY(text(fixture, "followersFoot").contains("loading more"));
    fixture.engine().release("followers");
    QTRY_VERIFY(table->model()->rowCount() >= 400);
    table->verticalScrollBar()->setValue(0);
    QTRY_VERIFY(!text(fixture, "followersFoot").contains("loading more"));
    const int rows = table->model()->rowCount();
    fixture.engine().hold("followers");
    fixture.page->refresh();
    QTRY_VERIFY(text(fixture, "followersFoot").contains("reading them again"));
    QTest::keyClick(table, Qt::Key_Escape); // what is read again
    QVERIFY(text(fixture, "followersFoot").contains("reading was cancelled"));
    fixture.engine().release("followers");
    again->click();
    QTRY_VERIFY(!text(fixture, "followersFoot").contains("again"));
    QCOMPARE(table->model()->rowCount(), rows);
    QVERIFY(!text(fixture, "followersFoot").contains("cancelled"));
}

} // namespace tests

QTEST_MAIN(tests::TimelineCallsTest)
#include "timeline_calls_test.moc"
