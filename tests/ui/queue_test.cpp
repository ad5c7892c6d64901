// The Queue & workers page on a scripted engine: numbers, what pause, resume and the number of workers ask
// for and show, and dead letters.
#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QTimer>
#include <QTreeView>

#include "tests/ui/page_fixture.h"
#include "ui/models/queue_tables.h"
#include "ui/pages/queue_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"

namespace tests {

class QueueTest : public QObject
{
    Q_OBJECT

private slots:
    void numbersAreTheSnapshots();
    void emptyQueueIsDrained();
    void workersAreGroupedByEngine();
    void pauseAsksAllEnginesAndShowsTheOutcome();
    void slowEnginesAreCounted();
    void numberOfWorkersOfOneEngine();
    void refusalIsShown();
    void readOnlyDisablesWithAReason();
    void deadLettersAreListed();
    void discardAsksWithTheRightCount();
    void cancelledDiscardDoesNothing();
    void retriesExactlyTheSelected();
    void listThatCannotBeReadSaysSo();

private:
    static std::vector<backend::DeadLetter> letters(int count)
    {
        std::vector<backend::DeadLetter> out;
        for (int i = 0; i < count; ++i) {
            backend::DeadLetter letter;
            letter.ref = {1 + i % 2, 100 + i};
            letter.kind = backend::TaskKind::DeliverChunk;
            letter.error = "redis-3 refused write " + std::to_string(i);
            letter.attempts = 12;
            letter.diedAt = backend::TimePoint(std::chrono::seconds(1'790'000'000 + i));
            out.push_back(letter);
        }
        return out;
    }
    // Shows the dead letters of `fixture` and selects rows by their task ids.
    static void showLetters(PageFixture& fixture, int count)
    {
        fixture.engine().setDeadLetters(letters(count));
        fixture.find<QTabWidget>("queueTabs")->setCurrentIndex(1);
        QTRY_COMPARE(fixture.find<QTableView>("deadLetterTable")->model()->rowCount(), count);
    }
    static void select(PageFixture& fixture, const QList<int>& tasks)
    {
        auto* table = fixture.find<QTableView>("deadLetterTable");
        table->clearSelection();
        for (int row = 0; row < table->model()->rowCount(); ++row) {
            const auto index = table->model()->index(row, ui::LetterTaskColumn);
            if (tasks.contains(index.data().toInt()))
                table->selectionModel()->select(index,
                                                QItemSelectionModel::Select | QItemSelectionModel::Rows);
        }
    }
    static void click(PageFixture& fixture, const char* button)
    {
        QTest::mouseClick(fixture.find<QPushButton>(button), Qt::LeftButton);
    }
    // Answers the question that a click will open; tells what it said.
    static void answerQuestion(QObject* context, const char* button, QString* text)
    {
        QTimer::singleShot(0, context, [=] {
            QTRY_VERIFY(qobject_cast<QMessageBox*>(QApplication::activeModalWidget()));
            auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            *text = box->text();
            auto* chosen = button ? box->findChild<QPushButton*>(QLatin1String(button))
                                  : qobject_cast<QPushButton*>(box->button(QMessageBox::Cancel));
            QTest::mouseClick(chosen, Qt::LeftButton);
        });
    }
};

void QueueTest::numbersAreTheSnapshots()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueUnfinished = 12'345;
    snapshot.queueOldestAgeSeconds = 75;
    snapshot.queueDead = 3;
    snapshot.secondsToDrain = 42;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QCOMPARE(fixture.find<ui::MetricTile>("queueUnfinished")->value(), QString("12,345"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueOldest")->value(), ui::durationFigure(75).number);
    QCOMPARE(fixture.find<ui::MetricTile>("queueOldest")->status(), ui::Tone::Critical);
    QCOMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("42"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueDrain")->unit(), QString("s"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueDead")->value(), QString("3"));
    const auto* kinds = fixture.find<QTableView>("queueKinds")->model();
    QCOMPARE(kinds->rowCount(), int(snapshot.queue.size()));
    QVERIFY(kinds->rowCount() > 0);
    for (int row = 0; row < kinds->rowCount(); ++row) {
        const auto& kind = snapshot.queue[std::size_t(row)];
        QCOMPARE(kinds->index(row, ui::KindReadyColumn).data().toString(), ui::formatCount(kind.ready));
        QCOMPARE(kinds->index(row, ui::KindRunningColumn).data().toString(), ui::formatCount(kind.running));
        QCOMPARE(kinds->index(row, ui::KindRetryColumn).data().toString(), ui::formatCount(kind.retry));
        QCOMPARE(kinds->index(row, ui::KindDeadColumn).data().toString(), ui::formatCount(kind.dead));
    }
}

void QueueTest::emptyQueueIsDrained()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueUnfinished = 0;
    snapshot.queueOldestAgeSeconds = 0;
    snapshot.secondsToDrain.reset();
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QCOMPARE(fixture.find<ui::MetricTile>("queueOldest")->value(), QString("none"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("drained"));
    // A queue that stands is not one that is drained.
    snapshot.queueUnfinished = 7;
    snapshot.queueOldestAgeSeconds = 5;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("–"));
    // What workers hold at the moment is no backlog, whatever the rates say of it.
    snapshot.queueUnfinished = 1;
    snapshot.queueOldestAgeSeconds = 0.2;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("now"));
}

void QueueTest::workersAreGroupedByEngine()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto snapshot = fixture.engine().lastSnapshot();
    const auto* model = fixture.find<QTreeView>("workerTree")->model();
    QCOMPARE(model->rowCount(), int(snapshot.engines.size()));
    int workers = 0;
    for (int row = 0; row < model->rowCount(); ++row)
        workers += model->rowCount(model->index(row, 0));
    QCOMPARE(workers, int(snapshot.workers.size()));
    QVERIFY(workers > 0);
    QVERIFY(fixture.find<QTreeView>("workerTree")->isExpanded(model->index(0, 0)));
}

void QueueTest::pauseAsksAllEnginesAndShowsTheOutcome()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* outcome = fixture.find<QLabel>("workerOutcome");
    fixture.engine().hold("pauseWorkers");
    click(fixture, "pauseWorkers");
    QVERIFY(outcome->text().startsWith("Asking all engines"));
    QVERIFY(!fixture.find<QPushButton>("pauseWorkers")->isEnabled());
    fixture.engine().release("pauseWorkers");
    QTRY_VERIFY2(outcome->text().startsWith("Paused: all engines"), qPrintable(outcome->text()));
    auto calls = fixture.engine().calls();
    QVERIFY(std::find(calls.begin(), calls.end(), "pauseWorkers -1") != calls.end());
    QVERIFY(fixture.engine().lastSnapshot().engines.front().paused);
    click(fixture, "resumeWorkers");
    QTRY_VERIFY2(outcome->text().startsWith("Resumed: all engines"), qPrintable(outcome->text()));
    QVERIFY(!fixture.engine().lastSnapshot().engines.front().paused);
}

// An engine that does not obey (yet) is counted, not hidden.
void QueueTest::slowEnginesAreCounted()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    auto other = snapshot.engines.front();
    other.slot = 8;
    other.name = "elsewhere:1";
    snapshot.engines.push_back(other);
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* outcome = fixture.find<QLabel>("workerOutcome");
    click(fixture, "pauseWorkers");
    QTRY_VERIFY(outcome->text().startsWith("Paused: all engines"));
    snapshot.engines[0].paused = true; // the other one goes on
    fixture.engine().hold("pauseWorkers");
    click(fixture, "pauseWorkers");
    fixture.engine().hold("snapshot");
    fixture.engine().release("pauseWorkers");
    QTRY_VERIFY2(outcome->text().startsWith("Pausing all engines"), qPrintable(outcome->text()));
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().release("snapshot");
    QTRY_VERIFY2(outcome->text().contains("1 of 2 so far"), qPrintable(outcome->text()));
    QTRY_VERIFY2(outcome->text().contains("busy or gone"), qPrintable(outcome->text()));
}

void QueueTest::numberOfWorkersOfOneEngine()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto snapshot = fixture.engine().lastSnapshot();
    const int slot = snapshot.engines.back().slot;
    auto* target = fixture.find<QComboBox>("workerTarget");
    QVERIFY(target->findData(slot) > 0);
    target->setCurrentIndex(target->findData(slot));
    fixture.find<QSpinBox>("workerCount")->setValue(9);
    click(fixture, "setWorkerCount");
    QTRY_COMPARE(fixture.engine().count("setWorkerCount"), 1);
    const auto calls = fixture.engine().calls();
    QVERIFY(std::find(calls.begin(), calls.end(), "setWorkerCount " + std::to_string(slot) + " 9") !=
            calls.end());
    QTRY_VERIFY(fixture.find<QLabel>("workerOutcome")->text().startsWith("Now 9 workers"));
}

void QueueTest::refusalIsShown()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    fixture.engine().failWith("resumeWorkers",
                              {backend::ErrorCode::Unavailable, "pg-2 does not answer: start it", true});
    click(fixture, "resumeWorkers");
    auto* outcome = fixture.find<QLabel>("workerOutcome");
    QTRY_VERIFY(outcome->text().contains("pg-2 does not answer"));
    QVERIFY(outcome->text().contains("Nothing was changed"));
    QVERIFY(fixture.find<QPushButton>("resumeWorkers")->isEnabled());
}

void QueueTest::readOnlyDisablesWithAReason()
{
    PageFixture fixture;
    fixture.engine().setReadOnly(true);
    fixture.engine().setDeadLetters(letters(2));
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QTRY_VERIFY(fixture.bridge.readOnly());
    for (const auto* name : {"pauseWorkers", "resumeWorkers", "setWorkerCount"}) {
        QVERIFY(!fixture.find<QPushButton>(name)->isEnabled());
        QVERIFY(fixture.find<QPushButton>(name)->toolTip().contains("Read-only"));
    }
    QVERIFY(fixture.find<QLabel>("workerOutcome")->text().contains("Read-only"));
    showLetters(fixture, 2);
    select(fixture, {100});
    QVERIFY(!fixture.find<QPushButton>("discardDeadLetters")->isEnabled());
    QVERIFY(fixture.find<QPushButton>("retryDeadLetters")->toolTip().contains("Read-only"));
}

void QueueTest::deadLettersAreListed()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 5);
    const auto* model = fixture.find<QTableView>("deadLetterTable")->model();
    QCOMPARE(model->index(0, ui::LetterErrorColumn).data().toString(), QString("redis-3 refused write 4"));
    QVERIFY(!fixture.find<QPushButton>("retryDeadLetters")->isEnabled());
    QVERIFY(fixture.find<QPushButton>("retryDeadLetters")->toolTip().contains("Select"));
}

void QueueTest::discardAsksWithTheRightCount()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 5);
    select(fixture, {101, 103});
    QVERIFY(fixture.find<QPushButton>("discardDeadLetters")->text().contains("2"));
    QString question;
    answerQuestion(this, "confirmDiscard", &question);
    click(fixture, "discardDeadLetters");
    QVERIFY2(question.contains("Discard 2 dead letters?"), qPrintable(question));
    QTRY_COMPARE(fixture.engine().discarded().size(), std::size_t(2));
    auto discarded = fixture.engine().discarded();
    std::sort(discarded.begin(), discarded.end());
    QVERIFY(discarded == (std::vector<backend::TaskRef>{{2, 101}, {2, 103}}));
    QTRY_VERIFY(fixture.find<QLabel>("deadLetterOutcome")->text().contains("2 of 2 discarded"));
}

void QueueTest::cancelledDiscardDoesNothing()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 3);
    select(fixture, {100, 101, 102});
    QString question;
    answerQuestion(this, nullptr, &question);
    click(fixture, "discardDeadLetters");
    QVERIFY(question.contains("3"));
    QCOMPARE(fixture.engine().count("discardDeadLetters"), 0);
}

void QueueTest::retriesExactlyTheSelected()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 4);
    select(fixture, {102});
    click(fixture, "retryDeadLetters");
    QTRY_COMPARE(fixture.engine().retried().size(), std::size_t(1));
    QVERIFY(fixture.engine().retried().front() == (backend::TaskRef{1, 102}));
}

void QueueTest::listThatCannotBeReadSaysSo()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    fixture.engine().failWith("deadLetters", {backend::ErrorCode::Unavailable, "pg-1 does not answer", true});
    fixture.find<QTabWidget>("queueTabs")->setCurrentIndex(1);
    QTRY_VERIFY(fixture.find<QLabel>("deadLetterSummary")->text().contains("pg-1 does not answer"));
    fixture.engine().clearFailure("deadLetters");
    click(fixture, "reloadDeadLetters");
    QTRY_VERIFY(fixture.find<QLabel>("deadLetterSummary")->text().contains("No dead letters"));
}

} // namespace tests

QTEST_MAIN(tests::QueueTest)
#include "queue_test.moc"
