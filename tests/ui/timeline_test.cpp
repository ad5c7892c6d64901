// The Timeline browser on a scripted engine: finding a user, paging to the very end, delivery ledgers, and
// answers that come late or not at all.
#include <QApplication>
#include <QClipboard>
#include <QCompleter>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include <algorithm>

#include "tests/models/model_samples.h"
#include "tests/ui/page_fixture.h"
#include "ui/models/timeline_model.h"
#include "ui/pages/timeline_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/state_view.h"

namespace tests {

class TimelineTest : public QObject
{
    Q_OBJECT

private slots:
    void invitesAndFindsAUser();
    void anEmptyClusterInvitesNobody();
    void suggestsWhileTyping();
    void lateSuggestionsAreDropped();
    void lateUserIsDropped();
    void unknownUserIsSaid();
    void pagesToTheVeryEnd();
    void emptyTimelinesSaySo();
    void failedPageCanBeTriedAgain();
    void partialPageIsMarked();
    void selectedPostShowsItsLedger();
    void refreshKeepsSelectionAndPlace();
    void copiesRedisAndSql();
    void authorOpensFromAPost();
    void aNodeThatIsDownIsNamedWhereTheUserLives();

private:
    static constexpr std::int64_t kAnna = 5'000'001, kAnton = 5'000'002;

    static std::vector<backend::TimelineEntry> entries(std::int64_t highest, std::int64_t lowest)
    {
        return samplePage(highest, lowest, false).entries;
    }
    static void addUsers(PageFixture& fixture)
    {
        auto& engine = fixture.engine();
        engine.addUser({{kAnna}, "anna", "Anna B", kSampleTime}, {12, 34, 56});
        engine.addUser({{kAnton}, "anton", "%1\tAnton\n%3", kSampleTime}, {1, 2, 3}, false);
        engine.setHome({kAnna}, entries(900, 601));
        engine.setAuthor({kAnna}, entries(120, 101));
        engine.setHome({kAnton}, entries(50, 40));
    }
    // Opens the page on the engine with its users.
    static bool start(PageFixture& fixture)
    {
        addUsers(fixture);
        if (!fixture.open()) return false;
        fixture.make<ui::TimelinePage>();
        return true;
    }
    static void openUser(PageFixture& fixture, const QString& name)
    {
        auto* search = fixture.find<QLineEdit>("userSearch");
        search->setText(name);
        QTest::keyClick(search, Qt::Key_Return);
    }
    static QAbstractItemModel* home(PageFixture& fixture)
    {
        return fixture.find<QListView>("homeTimeline")->model();
    }
    static qint64 idAt(PageFixture& fixture, int row)
    {
        return home(fixture)->index(row, 0).data(ui::TimelineModel::PostIdRole).toLongLong();
    }
    static QString text(PageFixture& fixture, const char* label)
    {
        return fixture.find<QLabel>(label)->text();
    }
};

void TimelineTest::aNodeThatIsDownIsNamedWhereTheUserLives()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    openUser(fixture, "@anna");
    QTRY_VERIFY(text(fixture, "profilePlace").contains("timelines on"));
    const auto healthy = text(fixture, "profilePlace");
    auto* place = fixture.find<ui::Label>("profilePlace");
    QCOMPARE(place->tone(), ui::Tone::Muted);
    const auto snapshot = *fixture.bridge.snapshot();
    const auto node = healthy.section("timelines on ", 1).section(' ', 0, 0);
    const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                    [&](const auto& one) { return one.name == node.toStdString(); });
    QVERIFY2(found != snapshot.nodes.end(), qPrintable(healthy));
    auto down = withNodeDown(snapshot, found->id);
    ++down.sequence;
    fixture.engine().setSnapshot(down);
    QTRY_VERIFY2(text(fixture, "profilePlace").contains("timelines on " + node + " (down)"),
                 qPrintable(text(fixture, "profilePlace")));
    QCOMPARE(place->tone(), ui::Tone::Critical);
    // What Redis keeps for the reader is out of reach then.
    QVERIFY2(text(fixture, "profileFacts").contains(node + " is down"),
             qPrintable(text(fixture, "profileFacts")));
    ++down.sequence;
    auto up = snapshot;
    up.sequence = down.sequence;
    fixture.engine().setSnapshot(up);
    QTRY_COMPARE(text(fixture, "profilePlace"), healthy);
    QVERIFY(text(fixture, "profileFacts").contains("kept in Redis"));
    // Counters are behind what the lists show while tasks wait.
    QVERIFY(!text(fixture, "profileFacts").contains("waits in the queue"));
    up.queueUnfinished = 40;
    up.queueOldestAgeSeconds = 12;
    ++up.sequence;
    fixture.engine().setSnapshot(up);
    QTRY_VERIFY2(text(fixture, "profileFacts").contains("posts, and what waits in the queue"),
                 qPrintable(text(fixture, "profileFacts")));
}

void TimelineTest::invitesAndFindsAUser()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto* message = fixture.find<ui::StateView>("timelineMessage");
    QVERIFY(message->isVisible());
    QVERIFY(!fixture.find<QPushButton>("copySql")->isEnabled());
    openUser(fixture, "@anna");
    QTRY_VERIFY(!message->isVisible());
    QVERIFY2(text(fixture, "profileName").contains("@anna") &&
                 text(fixture, "profileName").contains("Anna B"),
             qPrintable(text(fixture, "profileName")));
    QVERIFY(text(fixture, "profileName").contains(QString::number(kAnna)));
    QVERIFY(text(fixture, "profileFacts").contains("12 followers"));
    QVERIFY(text(fixture, "profileFacts").contains("34 following"));
    QVERIFY(text(fixture, "profileFacts").contains("warm"));
    QVERIFY(text(fixture, "profileFacts").contains(ui::zoneName()));
    QVERIFY(text(fixture, "profilePlace").contains("Shard"));
    QVERIFY(!text(fixture, "profilePlace").contains("down"));
    QTRY_VERIFY(home(fixture)->rowCount() > 0);
    QCOMPARE(idAt(fixture, 0), 900);
    openUser(fixture, QString::number(kAnton));
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
    QCOMPARE(text(fixture, "profileName"),
             QString("@anton · %1 Anton %3 · id ") + QString::number(kAnton)); // as it is
    QVERIFY(text(fixture, "profileFacts").contains("dormant"));
}

// Where nobody can be found that is said, with what to do, until there is somebody.
void TimelineTest::anEmptyClusterInvitesNobody()
{
    PageFixture fixture;
    fixture.engine().setSnapshot(withNobody(fakeSnapshot(1)));
    QVERIFY(fixture.open());
    fixture.make<ui::TimelinePage>();
    auto* message = fixture.find<ui::StateView>("timelineMessage");
    QTRY_COMPARE(message->title(), QString("Nobody is here yet"));
    QVERIFY(message->text().contains("rookeryctl\u00a0import"));
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_COMPARE(message->title(), QString("Whose timeline?"));
}

void TimelineTest::suggestsWhileTyping()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto* search = fixture.find<QLineEdit>("userSearch");
    search->setFocus();
    QTest::keyClicks(search, "an");
    auto* completer = search->findChild<QCompleter*>();
    QTRY_VERIFY(completer->popup()->isVisible());
    QCOMPARE(completer->popup()->model()->rowCount(), 2);
    // Fewer calls than letters: typing is waited for.
    QCOMPARE(fixture.engine().count("searchUsers"), 1);
    QTest::keyClick(completer->popup(), Qt::Key_Down);
    QTest::keyClick(completer->popup(), Qt::Key_Return);
    QTRY_VERIFY(text(fixture, "profileName").contains("@anna"));
    QCOMPARE(search->text(), QString("anna"));
    QVERIFY(!completer->popup()->isVisible());
}

void TimelineTest::lateSuggestionsAreDropped()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto* search = fixture.find<QLineEdit>("userSearch");
    search->setFocus();
    fixture.engine().hold("searchUsers");
    QTest::keyClicks(search, "an");
    QTRY_COMPARE(fixture.engine().count("searchUsers"), 1);
    openUser(fixture, "anton");
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
    fixture.engine().release("searchUsers");
    QVERIFY(fixture.waitForNews());
    QVERIFY(!search->findChild<QCompleter*>()->popup()->isVisible());
}

void TimelineTest::lateUserIsDropped()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().hold("profile");
    openUser(fixture, "anna");
    QTRY_COMPARE(fixture.engine().count("profile"), 1);
    openUser(fixture, "anton");
    QTRY_COMPARE(fixture.engine().count("profile"), 2);
    fixture.engine().release("profile");
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
    QVERIFY(fixture.waitForNews());
    QVERIFY(text(fixture, "profileName").contains("@anton"));
    QTRY_COMPARE(home(fixture)->rowCount(), 11);
    QCOMPARE(idAt(fixture, 0), 50);
}

void TimelineTest::unknownUserIsSaid()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto* message = fixture.find<ui::StateView>("timelineMessage");
    openUser(fixture, "nobody");
    QTRY_COMPARE(message->title(), QString("No such user"));
    fixture.engine().failWith("userByHandle",
                              {backend::ErrorCode::Unavailable, "pg-1 does not answer", true});
    openUser(fixture, "anna");
    QTRY_COMPARE(message->title(), QString("The user could not be read"));
    QVERIFY(message->text().contains("pg-1 does not answer"));
}

void TimelineTest::pagesToTheVeryEnd()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    openUser(fixture, "anna");
    auto* view = fixture.find<QListView>("homeTimeline");
    QTRY_VERIFY(home(fixture)->rowCount() >= 50);
    QVERIFY(home(fixture)->rowCount() < 300); // only what is looked at
    QTRY_VERIFY([&] {
        view->verticalScrollBar()->setValue(view->verticalScrollBar()->maximum());
        return home(fixture)->rowCount() == 300;
    }());
    for (int row = 0; row < 300; ++row)
        QCOMPARE(idAt(fixture, row), 900 - row);
    QTRY_VERIFY2(text(fixture, "homeState").contains("all there are"),
                 qPrintable(text(fixture, "homeState")));
}

void TimelineTest::emptyTimelinesSaySo()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    openUser(fixture, "anton");
    auto* face = fixture.find<ui::StateView>("authorFace");
    QTRY_VERIFY(face->isVisible() && face->kind() == ui::StateView::Kind::Empty);
    QVERIFY(face->text().contains("not posted"));
}

void TimelineTest::failedPageCanBeTriedAgain()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    fixture.engine().failWith("homePage", {backend::ErrorCode::Unavailable, "redis-3 does not answer", true});
    openUser(fixture, "anna");
    auto* face = fixture.find<ui::StateView>("homeFace");
    QTRY_VERIFY(face->isVisible() && face->kind() == ui::StateView::Kind::Failed);
    QVERIFY(face->text().contains("redis-3 does not answer"));
    fixture.engine().clearFailure("homePage");
    QTest::mouseClick(fixture.find<QPushButton>("homeRetry"), Qt::LeftButton);
    QTRY_VERIFY(home(fixture)->rowCount() > 0);
    QTRY_VERIFY(!face->isVisible());
    // Further down the entries stay, and the foot says what is the matter.
    fixture.engine().failWith("homePage", {backend::ErrorCode::Unavailable, "redis-4 does not answer", true});
    const int rows = home(fixture)->rowCount();
    home(fixture)->fetchMore({});
    QTRY_VERIFY(text(fixture, "homeState").contains("redis-4 does not answer"));
    QCOMPARE(home(fixture)->rowCount(), rows);
    QVERIFY(fixture.find<QPushButton>("homeRetry")->isVisible());
}

void TimelineTest::partialPageIsMarked()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto some = entries(20, 11);
    some[3].bodyMissing = true;
    some[3].body.clear();
    fixture.engine().setHome({kAnna}, some);
    openUser(fixture, "anna");
    QTRY_VERIFY2(text(fixture, "homeState").contains("Partial"), qPrintable(text(fixture, "homeState")));
    QVERIFY(fixture.find<QPushButton>("homeRetry")->isVisible());
    QVERIFY(home(fixture)->index(3, 0).data().toString().contains("could not be read"));
    fixture.engine().setHome({kAnna}, entries(20, 11));
    QTest::mouseClick(fixture.find<QPushButton>("homeRetry"), Qt::LeftButton);
    QTRY_COMPARE(home(fixture)->index(3, 0).data().toString(), QString("post 17"));
    QTRY_VERIFY(text(fixture, "homeState").contains("all there are"));
}

void TimelineTest::selectedPostShowsItsLedger()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    backend::DeliveryLedger ledger;
    ledger.post = {898};
    ledger.audience = 1500;
    ledger.pushed = 1400;
    ledger.skippedDormant = 60;
    ledger.skippedUnfollowed = 5;
    ledger.skippedDeleted = 1;
    ledger.failed = 4;
    ledger.chunksPlanned = 3;
    ledger.chunksDone = 2;
    ledger.committedAt = kSampleTime;
    ledger.firstDeliveryAt = kSampleTime + std::chrono::milliseconds(120);
    ledger.lastDeliveryAt = kSampleTime + std::chrono::seconds(2);
    ledger.chunks.resize(2);
    ledger.chunks[1].chunk = 1;
    fixture.engine().setLedger(ledger);
    fixture.engine().setDelay({898}, backend::Milliseconds(340));
    openUser(fixture, "anna");
    QTRY_VERIFY(home(fixture)->rowCount() > 10);
    QTRY_VERIFY(home(fixture)
                    ->index(2, 0)
                    .data(ui::TimelineModel::DelayTextRole)
                    .toString()
                    .contains("340 ms after commit"));
    auto* view = fixture.find<QListView>("homeTimeline");
    view->setCurrentIndex(home(fixture)->index(2, 0));
    QTRY_VERIFY(fixture.find<QLabel>("ledgerAudience")->isVisible());
    QVERIFY(text(fixture, "ledgerAudience").contains("1,500"));
    QCOMPARE(text(fixture, "ledgerPushed"), QString("1,400"));
    QVERIFY(text(fixture, "ledgerSkipped").contains("60 dormant"));
    QVERIFY(text(fixture, "ledgerSkipped").contains("5 unfollowed"));
    QCOMPARE(text(fixture, "ledgerFailed"), QString("4"));
    QCOMPARE(text(fixture, "ledgerOutstanding"), QString("30"));
    QVERIFY(text(fixture, "ledgerFirst").contains("120 ms after commit"));
    QVERIFY2(text(fixture, "ledgerCommitted").contains("imported: it is dated 2010-01-01"), // as its id says
             qPrintable(text(fixture, "ledgerCommitted")));
    QVERIFY(text(fixture, "ledgerLast").contains("2 s after commit") ||
            text(fixture, "ledgerLast").contains("2.00 s after commit"));
    QVERIFY(text(fixture, "ledgerChunkCount").contains("2 of 3"));
    QCOMPARE(fixture.find<QTableView>("ledgerChunks")->model()->rowCount(), 2);
    // Another post without a ledger says so, and shows none of the old one's numbers.
    view->setCurrentIndex(home(fixture)->index(5, 0));
    auto* state = fixture.find<ui::StateView>("ledgerState");
    QTRY_VERIFY(state->isVisible() && state->title() == "No such post");
    QVERIFY(!fixture.find<QLabel>("ledgerAudience")->isVisible());
}

void TimelineTest::refreshKeepsSelectionAndPlace()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    openUser(fixture, "anna");
    auto* view = fixture.find<QListView>("homeTimeline");
    QTRY_VERIFY(home(fixture)->rowCount() >= 50);
    view->setCurrentIndex(home(fixture)->index(20, 0));
    view->scrollTo(home(fixture)->index(20, 0), QAbstractItemView::PositionAtTop);
    const int top = view->visualRect(view->currentIndex()).top();
    QCOMPARE(idAt(fixture, 20), 880);
    fixture.engine().setHome({kAnna}, entries(907, 601));
    QTest::mouseClick(fixture.find<QPushButton>("refreshTimelines"), Qt::LeftButton);
    QTRY_COMPARE(idAt(fixture, 0), 907);
    QCOMPARE(view->currentIndex().data(ui::TimelineModel::PostIdRole).toLongLong(), 880);
    QCOMPARE(view->visualRect(view->currentIndex()).top(), top);
}

void TimelineTest::copiesRedisAndSql()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    openUser(fixture, "anna");
    QTRY_VERIFY(fixture.find<QPushButton>("copySql")->isEnabled());
    backend::Engine& engine = fixture.engine();
    const auto location = engine.monitor().locate({kAnna});
    QVERIFY(location && !location->homeRedisCommand.empty() && !location->homeSql.empty());
    const auto* clipboard = QGuiApplication::clipboard();
    QTest::mouseClick(fixture.find<QPushButton>("copyRedisCommand"), Qt::LeftButton);
    QCOMPARE(clipboard->text(), QString::fromStdString(location->homeRedisCommand));
    QTest::mouseClick(fixture.find<QPushButton>("copySql"), Qt::LeftButton);
    QCOMPARE(clipboard->text(), QString::fromStdString(location->homeSql));
    QTest::mouseClick(fixture.find<QPushButton>("copyAuthorSql"), Qt::LeftButton);
    QCOMPARE(clipboard->text(), QString::fromStdString(location->authorSql));
    QVERIFY(text(fixture, "timelineOutcome").contains("copied"));
}

void TimelineTest::authorOpensFromAPost()
{
    PageFixture fixture;
    QVERIFY(start(fixture));
    auto some = entries(20, 11);
    some[1].author = {kAnton};
    fixture.engine().setHome({kAnna}, some);
    openUser(fixture, "anna");
    auto* view = fixture.find<QListView>("homeTimeline");
    QTRY_VERIFY(home(fixture)->rowCount() == 10);
    view->setCurrentIndex(home(fixture)->index(1, 0));
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Return);
    QTRY_VERIFY(text(fixture, "profileName").contains("@anton"));
}

} // namespace tests

QTEST_MAIN(tests::TimelineTest)
#include "timeline_test.moc"
