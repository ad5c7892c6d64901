// A timeline that grows to its end: asks once per page, drops late answers, merges a refresh without moving
// what is selected. (QAbstractItemModelTester fetches more by itself after each change.)
#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/models/timeline_model.h"
#include "ui/widgets/formatting.h"

#include <array>

using backend::PostId;
using State = ui::TimelineModel::State;

namespace tests {

class TimelineModelTest : public QObject
{
    Q_OBJECT

private slots:
    void pagesToTheVeryEnd();
    void asksOncePerPage();
    void dropsLateAnswers();
    void failureCanBeTriedAgain();
    void refreshKeepsWhatIsBelow();
    void refreshRemovesDeletedPosts();
    void partialRefreshRemovesNothing();
    void refreshWithoutOverlapLeavesNoGap();
    void refreshDuringAPageInFlight();
    void refreshOfAShortTimelineReachesTheEnd();
    void showsDelaysAndSources();
    void saysWhatIsMissing();

private:
    static QList<qint64> ids(const ui::TimelineModel& model)
    {
        QList<qint64> out;
        for (int row = 0; row < model.rowCount(); ++row)
            out << model.index(row).data(ui::TimelineModel::PostIdRole).toLongLong();
        return out;
    }
    static QList<qint64> range(qint64 highest, qint64 lowest)
    {
        QList<qint64> out;
        for (auto id = highest; id >= lowest; --id)
            out << id;
        return out;
    }
};

void TimelineModelTest::pagesToTheVeryEnd()
{
    ui::TimelineModel model(true, nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    // Answers at once, three entries a page.
    connect(&model, &ui::TimelineModel::pageWanted, &model, [&](std::optional<PostId> before) {
        const auto highest = before ? before->value - 1 : 20;
        const auto lowest = std::max<std::int64_t>(1, highest - 2);
        model.appendPage(before, samplePage(highest, lowest, lowest > 1));
    });
    model.start();
    QCOMPARE(ids(model), range(20, 18));
    while (model.canFetchMore({}))
        model.fetchMore({});
    QCOMPARE(ids(model), range(20, 1));
    QCOMPARE(model.state(), State::End);
}

void TimelineModelTest::asksOncePerPage()
{
    ui::TimelineModel model(true, nullptr);
    QSignalSpy wanted(&model, &ui::TimelineModel::pageWanted);
    model.start();
    QCOMPARE(wanted.size(), 1);
    QVERIFY(!model.canFetchMore({}));
    model.fetchMore({});
    QCOMPARE(wanted.size(), 1);
    model.appendPage(std::nullopt, samplePage(9, 7, true));
    model.fetchMore({});
    model.fetchMore({});
    QCOMPARE(wanted.size(), 2);
    QCOMPARE(wanted.last().at(0).value<std::optional<PostId>>(), std::optional(PostId{7}));
}

void TimelineModelTest::dropsLateAnswers()
{
    ui::TimelineModel model(true, nullptr);
    model.start();
    model.appendPage(PostId{50}, samplePage(49, 45, true));
    QCOMPARE(model.rowCount(), 0);
    model.appendPage(std::nullopt, samplePage(9, 7, true));
    model.appendPage(std::nullopt, samplePage(9, 7, true));
    QCOMPARE(ids(model), range(9, 7));
    model.clear();
    model.appendPage(PostId{7}, samplePage(6, 4, true));
    QCOMPARE(model.rowCount(), 0);
    QCOMPARE(model.state(), State::Idle);
}

void TimelineModelTest::failureCanBeTriedAgain()
{
    ui::TimelineModel model(true, nullptr);
    QSignalSpy wanted(&model, &ui::TimelineModel::pageWanted);
    model.start();
    model.appendPage(std::nullopt, samplePage(9, 7, true));
    model.fetchMore({});
    model.failPage(PostId{7});
    QCOMPARE(model.state(), State::Failed);
    QVERIFY(!model.canFetchMore({}));
    QCOMPARE(ids(model), range(9, 7));
    model.retry();
    QCOMPARE(wanted.size(), 3);
    model.appendPage(PostId{7}, samplePage(6, 1, false));
    QCOMPARE(ids(model), range(9, 1));
    QCOMPARE(model.state(), State::End);
}

void TimelineModelTest::refreshKeepsWhatIsBelow()
{
    ui::TimelineModel model(true, nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy wanted(&model, &ui::TimelineModel::pageWanted);
    model.start();
    model.appendPage(std::nullopt, samplePage(20, 16, true));
    model.fetchMore({});
    model.appendPage(PostId{16}, samplePage(15, 11, true));
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    const QPersistentModelIndex selected(model.indexOf({17}));
    model.mergeNewest(samplePage(23, 18, true));
    QCOMPARE(ids(model), range(23, 11));
    QCOMPARE(resets.size(), 0);
    QCOMPARE(selected.data(ui::TimelineModel::PostIdRole).toLongLong(), 17);
    QCOMPARE(selected.row(), 6);
    model.fetchMore({});
    QCOMPARE(wanted.last().at(0).value<std::optional<PostId>>(), std::optional(PostId{11}));
}

void TimelineModelTest::refreshRemovesDeletedPosts()
{
    ui::TimelineModel model(true, nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.start();
    model.appendPage(std::nullopt, samplePage(20, 11, true));
    auto page = samplePage(21, 14, true);
    std::erase_if(page.entries,
                  [](const auto& entry) { return entry.id.value == 17 || entry.id.value == 18; });
    model.mergeNewest(page);
    QCOMPARE(ids(model), (QList<qint64>{21, 20, 19, 16, 15, 14, 13, 12, 11}));
}

void TimelineModelTest::partialRefreshRemovesNothing()
{
    ui::TimelineModel model(true, nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.start();
    model.appendPage(std::nullopt, samplePage(20, 11, true));
    auto page = samplePage(21, 14, true);
    page.partial = true;
    std::erase_if(page.entries,
                  [](const auto& entry) { return entry.id.value == 17 || entry.id.value == 18; });
    model.mergeNewest(page);
    QCOMPARE(ids(model), range(21, 11));
    QCOMPARE(model.partialEntries(), 6);
}

void TimelineModelTest::refreshWithoutOverlapLeavesNoGap()
{
    ui::TimelineModel model(true, nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy wanted(&model, &ui::TimelineModel::pageWanted);
    model.start();
    model.appendPage(std::nullopt, samplePage(20, 16, true));
    QVERIFY(!model.reaches({40}));
    model.mergeNewest(samplePage(45, 40, true));
    QCOMPARE(ids(model), range(45, 40));
    model.fetchMore({});
    QCOMPARE(wanted.last().at(0).value<std::optional<PostId>>(), std::optional(PostId{40}));
}

void TimelineModelTest::refreshDuringAPageInFlight()
{
    ui::TimelineModel model(true, nullptr);
    model.start();
    model.appendPage(std::nullopt, samplePage(20, 16, true));
    model.fetchMore({});
    model.mergeNewest(samplePage(22, 18, true));
    model.appendPage(PostId{16}, samplePage(15, 11, false));
    QCOMPARE(ids(model), range(22, 11));
    // Replaced by a refresh that met nothing: the page in flight would leave a gap.
    model.clear();
    model.start();
    model.appendPage(std::nullopt, samplePage(20, 16, true));
    model.fetchMore({});
    model.mergeNewest(samplePage(90, 88, true));
    model.appendPage(PostId{16}, samplePage(15, 11, false));
    QCOMPARE(ids(model), range(90, 88));
    QCOMPARE(model.state(), State::More);
}

void TimelineModelTest::refreshOfAShortTimelineReachesTheEnd()
{
    ui::TimelineModel model(true, nullptr);
    model.start();
    model.appendPage(std::nullopt, samplePage(5, 1, false));
    model.mergeNewest(samplePage(6, 2, false));
    QCOMPARE(ids(model), range(6, 2));
    QCOMPARE(model.state(), State::End);
    model.mergeNewest({});
    QCOMPARE(model.rowCount(), 0);
    QCOMPARE(model.state(), State::End);
}

void TimelineModelTest::showsDelaysAndSources()
{
    ui::TimelineModel model(true, nullptr);
    auto page = samplePage(3, 1, false);
    page.entries[1].source = backend::EntrySource::Pulled;
    page.entries[2].source = backend::EntrySource::ReadThrough;
    model.start();
    model.appendPage(std::nullopt, page);
    const std::array posts{PostId{3}, PostId{1}, PostId{77}};
    const std::array<std::optional<backend::DeliveryDelay>, 3> delays{std::chrono::microseconds(3'600),
                                                                      std::nullopt, backend::Milliseconds(5)};
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setDelays(posts, delays);
    QCOMPARE(changes.size(), 1);
    const auto text = [&](int row, int role) { return model.index(row).data(role).toString(); };
    QVERIFY2(text(0, ui::TimelineModel::DelayTextRole).contains("3.6 ms"), // as its ledger says
             qPrintable(text(0, ui::TimelineModel::DelayTextRole)));
    QVERIFY(text(2, ui::TimelineModel::DelayTextRole).isEmpty());
    QCOMPARE(text(0, ui::TimelineModel::SourceTextRole), QString("pushed"));
    QCOMPARE(text(1, ui::TimelineModel::SourceTextRole), QString("pulled"));
    QCOMPARE(text(2, ui::TimelineModel::SourceTextRole), QString("read through"));
    QVERIFY(text(0, Qt::AccessibleTextRole).contains("pushed"));
    QVERIFY(text(0, Qt::AccessibleTextRole).contains("post 3"));
    QVERIFY(text(0, ui::TimelineModel::TimeRole).contains(ui::zoneName()));
    ui::TimelineModel authorModel(false, nullptr);
    authorModel.start();
    authorModel.appendPage(std::nullopt, page);
    QVERIFY(!authorModel.index(0).data(ui::TimelineModel::SourceRole).isValid());
}

void TimelineModelTest::saysWhatIsMissing()
{
    ui::TimelineModel model(true, nullptr);
    auto page = samplePage(3, 1, true);
    page.partial = true;
    page.entries[1].bodyMissing = true;
    page.entries[1].body.clear();
    model.start();
    model.appendPage(std::nullopt, page);
    QCOMPARE(model.partialEntries(), 3);
    QVERIFY(model.index(1).data().toString().contains("could not be read"));
    QVERIFY(model.index(1).data(ui::TimelineModel::TextMissingRole).toBool());
    model.mergeNewest(samplePage(3, 1, true));
    QCOMPARE(model.partialEntries(), 0);
    backend::TimelinePage nothing;
    nothing.partial = true;
    model.mergeNewest(nothing);
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.partialEntries(), 1);
}

} // namespace tests

QTEST_MAIN(tests::TimelineModelTest)
#include "timeline_model_test.moc"
