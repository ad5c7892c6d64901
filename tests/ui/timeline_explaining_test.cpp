// Why a reader sees a post or does not, in the Timeline browser on a scripted engine: of posts that are shown
// and of those that are entered.
#include "tests/ui/timeline_tools_fixture.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/state_view.h"

namespace tests {

class TimelineExplainingTest : public QObject, private TimelineToolsFixture
{
    Q_OBJECT

private slots:
    void explainsASelectedPost();
    void explainShowsEveryElement();
    void explainsAnAuthorsPostForTheReaderBefore();
    void explainsWhatIsEntered();
    void explainsFaultsAndErrors();
};

void TimelineExplainingTest::explainsASelectedPost()
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
void TimelineExplainingTest::explainShowsEveryElement()
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
void TimelineExplainingTest::explainsAnAuthorsPostForTheReaderBefore()
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

void TimelineExplainingTest::explainsWhatIsEntered()
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

void TimelineExplainingTest::explainsFaultsAndErrors()
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

} // namespace tests

QTEST_MAIN(tests::TimelineExplainingTest)
#include "timeline_explaining_test.moc"
