// The Queue & workers page on a scripted engine: numbers, what pause, resume and the number of workers ask
// for and show, and dead letters.
#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QTimer>
#include <QTreeView>
#include <QWheelEvent>

#include <functional>

#include "tests/ui/page_fixture.h"
#include "ui/dialogs/deed_question.h"
#include "ui/models/queue_tables.h"
#include "ui/pages/queue_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/sparkline_delegate.h"
#include "ui/widgets/swim_lanes.h"

namespace tests {

class QueueTest : public QObject
{
    Q_OBJECT

private slots:
    void numbersAreTheSnapshots();
    void emptyQueueIsDrained();
    void aQueueThatNobodyCountsIsNotDrained();
    void workersAreGroupedByEngine();
    void pauseAsksAllEnginesAndShowsTheOutcome();
    void slowEnginesAreCounted();
    void numberOfWorkersOfOneEngine();
    void refusalIsShown();
    void readOnlyDisablesWithAReason();
    void deadLettersAreGrouped();
    void lettersArePagedByKeyset();
    void payloadIsBounded();
    void discardAsksWithTheRightCount();
    void cancelledDiscardDoesNothing();
    void retriesExactlyTheSelected();
    void groupIsFrozenAsListed();
    void goneMeanwhileIsTold();
    void productionWantsItsNameTyped();
    void setThatCannotBeReadChangesNothing();
    void escapeGivesUpReadingASet();
    void listThatCannotBeReadSaysSo();
    void partOfTheListSaysWhatIsMissing();
    void growingIsNotShort();
    void trendsTimesAndLanes();
    void lanesZoomAndPan();
    void unknownTimesSayWhy();
    void overTimeThatFailsSaysSo();
    void drillDownByArgument();
    void figuresAreOfTheChosenWindow();
    void noRowIsCutInHalf();

private:
    static constexpr std::int64_t kFirstDied = 1'790'000'000;

    static backend::DeadLetter letter(int i, const std::string& signature = "redis-# refused write #")
    {
        backend::DeadLetter out;
        out.ref = {1 + i % 2, 100 + i};
        out.kind = backend::TaskKind::DeliverChunk;
        out.error = "redis-3 refused write " + std::to_string(i);
        out.signature = signature;
        out.payload = "{\"post\":" + std::to_string(i) + "}";
        out.payloadBytes = std::int64_t(out.payload.size());
        out.attempts = 12;
        out.createdAt = backend::TimePoint(std::chrono::seconds(kFirstDied - 60));
        out.diedAt = backend::TimePoint(std::chrono::seconds(kFirstDied + i));
        return out;
    }
    static std::vector<backend::DeadLetter> letters(int count)
    {
        std::vector<backend::DeadLetter> out;
        for (int i = 0; i < count; ++i)
            out.push_back(letter(i));
        return out;
    }
    static void showTab(PageFixture& fixture, int tab)
    {
        fixture.find<QTabWidget>("queueTabs")->setCurrentIndex(tab);
    }
    // Shows the dead letters of `fixture`: all of one error.
    static void showLetters(PageFixture& fixture, int count)
    {
        fixture.engine().setDeadLetters(letters(count));
        showTab(fixture, 2);
        QTRY_COMPARE(rows(fixture, "deadLetterTable"), count);
    }
    static int rows(PageFixture& fixture, const char* table)
    {
        return fixture.find<QTableView>(table)->model()->rowCount();
    }
    // Rows by their task ids.
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
    static QString outcome(PageFixture& fixture) { return fixture.find<QLabel>("deadLetterOutcome")->text(); }
    static void click(PageFixture& fixture, const char* button)
    {
        QTest::mouseClick(fixture.find<QPushButton>(button), Qt::LeftButton);
    }
    // Answers the question that a click will open; tells what it said. `before` is done while it stands.
    static void answerQuestion(QObject* context, const char* button, QString* text,
                               const std::function<void(ui::DeedQuestion&)>& before = {})
    {
        auto* timer = new QTimer(context);
        connect(timer, &QTimer::timeout, context, [=] {
            auto* question = qobject_cast<ui::DeedQuestion*>(QApplication::activeModalWidget());
            if (!question) return;
            timer->stop();
            timer->deleteLater();
            *text = question->question() + '\n' + question->detail();
            for (const auto* label : question->findChildren<QLabel*>())
                *text += '\n' + label->text();
            if (before) before(*question);
            QTest::mouseClick(question->findChild<QPushButton*>(QLatin1String(button)), Qt::LeftButton);
        });
        timer->start(10);
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
    QTRY_VERIFY(fixture.find<ui::MetricTile>("queueDrain")->value() != QString("drained"));
    // What workers hold at the moment is no backlog, whatever the rates say of it.
    snapshot.queueUnfinished = 1;
    snapshot.queueOldestAgeSeconds = 0.2;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("now"));
}

void QueueTest::aQueueThatNobodyCountsIsNotDrained()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueUnfinished = snapshot.queueDead = 0;
    snapshot.queueOldestAgeSeconds = 0;
    snapshot.queueNotCounted = {"pg-1", "pg-2"};
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    for (const char* name : {"queueOldest", "queueDrain", "queueDead"}) {
        const auto* tile = fixture.find<ui::MetricTile>(name);
        QCOMPARE(tile->value(), ui::unknownText());
        QCOMPARE(tile->subline(), QString("pg-1, pg-2 are down, not counted"));
        QVERIFY(tile->status() != ui::Tone::Ok);
    }
    QCOMPARE(fixture.find<ui::MetricTile>("queueUnfinished")->status(), ui::Tone::Warning);
}

void QueueTest::workersAreGroupedByEngine()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showTab(fixture, 1);
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
    showTab(fixture, 1);
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
    showTab(fixture, 1);
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
    showTab(fixture, 1);
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
    showTab(fixture, 1);
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
    for (const auto* name : {"retryGroup", "discardGroup"}) {
        QVERIFY(!fixture.find<QPushButton>(name)->isEnabled());
        QVERIFY(fixture.find<QPushButton>(name)->toolTip().contains("Read-only"));
    }
}

void QueueTest::deadLettersAreGrouped()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto all = letters(5);
    all.push_back(letter(7, "pg-# does not answer"));
    fixture.engine().setDeadLetters(all);
    showTab(fixture, 2);
    QTRY_COMPARE(rows(fixture, "deadLetterGroups"), 2);
    const auto* groups = fixture.find<QTableView>("deadLetterGroups")->model();
    QCOMPARE(groups->index(0, ui::GroupCountColumn).data().toString(), QString("5"));
    QCOMPARE(groups->index(0, ui::GroupSignatureColumn).data().toString(),
             QString("redis-# refused write #"));
    // The greatest one is chosen, its letters are listed, newest first.
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 5);
    const auto* model = fixture.find<QTableView>("deadLetterTable")->model();
    QCOMPARE(model->index(0, ui::LetterErrorColumn).data().toString(), QString("redis-3 refused write 4"));
    QVERIFY(!fixture.find<QPushButton>("retryDeadLetters")->isEnabled());
    QVERIFY(fixture.find<QPushButton>("retryDeadLetters")->toolTip().contains("Select"));
    fixture.find<QTableView>("deadLetterGroups")->selectRow(1);
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 1);
    QVERIFY(fixture.find<QPushButton>("discardGroup")->text().contains("all 1"));
}

void QueueTest::lettersArePagedByKeyset()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    fixture.engine().setDeadLetters(letters(450));
    showTab(fixture, 2);
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 200);
    auto* bar = fixture.find<QTableView>("deadLetterTable")->verticalScrollBar();
    QTRY_VERIFY(bar->maximum() > 0);
    bar->setValue(bar->maximum());
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 400);
    QTRY_VERIFY(bar->maximum() > 300);
    bar->setValue(bar->maximum());
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 450);
    QSet<QString> tasks;
    const auto* model = fixture.find<QTableView>("deadLetterTable")->model();
    for (int row = 0; row < 450; ++row)
        tasks << model->index(row, ui::LetterTaskColumn).data().toString();
    QCOMPARE(tasks.size(), 450);
    QCOMPARE(model->index(449, ui::LetterTaskColumn).data().toString(), QString("100"));
}

void QueueTest::payloadIsBounded()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto large = letter(0);
    large.payloadBytes = 100 * 1024 * 1024;
    fixture.engine().setDeadLetters({large, letter(1)});
    showTab(fixture, 2);
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 2);
    select(fixture, {100});
    auto* note = fixture.find<QLabel>("deadLetterPayloadNote");
    QTRY_VERIFY2(note->text().contains("100 MiB") && note->text().contains("the first 64.0 KiB"),
                 qPrintable(note->text()));
    QCOMPARE(fixture.find<QPlainTextEdit>("deadLetterPayload")->toPlainText().size(), 64 * 1024);
    select(fixture, {101});
    QTRY_COMPARE(fixture.find<QPlainTextEdit>("deadLetterPayload")->toPlainText(), QString("{\"post\":1}"));
    // One that was retried meanwhile.
    fixture.engine().failWith("deadLetterPayload", {backend::ErrorCode::NotFound, "it was retried", false});
    select(fixture, {100});
    QTRY_VERIFY(note->text().contains("it was retried"));
    QVERIFY(fixture.find<QPlainTextEdit>("deadLetterPayload")->toPlainText().isEmpty());
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
    answerQuestion(this, "confirmDeed", &question);
    click(fixture, "discardDeadLetters");
    QVERIFY2(question.contains("Discard 2 dead letters?"), qPrintable(question));
    QTRY_COMPARE(fixture.engine().discarded().size(), std::size_t(2));
    auto discarded = fixture.engine().discarded();
    std::sort(discarded.begin(), discarded.end());
    QVERIFY(discarded == (std::vector<backend::TaskRef>{{2, 101}, {2, 103}}));
    QTRY_VERIFY(outcome(fixture).contains("2 of 2 discarded"));
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 3);
}

void QueueTest::cancelledDiscardDoesNothing()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 3);
    select(fixture, {100, 101, 102});
    QString question;
    answerQuestion(this, "cancelDeed", &question);
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

// What dies between listing, asking and confirming stays.
void QueueTest::groupIsFrozenAsListed()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 3);
    fixture.engine().addDeadLetter(letter(50)); // after the listing
    QString question;
    answerQuestion(this, "confirmDeed", &question,
                   [&](ui::DeedQuestion&) { fixture.engine().addDeadLetter(letter(51)); });
    click(fixture, "discardGroup");
    QTRY_COMPARE(fixture.engine().discarded().size(), std::size_t(3));
    QVERIFY2(question.contains("Discard 3 dead letters?"), qPrintable(question));
    QVERIFY2(question.contains("redis-# refused write #"), qPrintable(question));
    auto discarded = fixture.engine().discarded();
    std::sort(discarded.begin(), discarded.end());
    QVERIFY(discarded == (std::vector<backend::TaskRef>{{1, 100}, {1, 102}, {2, 101}}));
    QTRY_VERIFY(outcome(fixture).contains("3 of 3 discarded"));
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 2); // those that came meanwhile
}

void QueueTest::goneMeanwhileIsTold()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 3);
    QString question;
    answerQuestion(this, "confirmDeed", &question, [&](ui::DeedQuestion&) {
        fixture.engine().setDeadLetters({letter(1), letter(2)}); // somebody else took one
    });
    click(fixture, "retryGroup");
    QTRY_VERIFY2(outcome(fixture).contains("2 of 3 are in the queue again"), qPrintable(outcome(fixture)));
    QVERIFY2(outcome(fixture).contains("1 was gone meanwhile"), qPrintable(outcome(fixture)));
    QVERIFY(question.contains("Retry 3 dead letters?"));
}

void QueueTest::productionWantsItsNameTyped()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.environment = "production";
    snapshot.clusterName = "birds";
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 2);
    QString question;
    bool before = true, wrong = true, right = false;
    answerQuestion(this, "confirmDeed", &question, [&](ui::DeedQuestion& dialog) {
        auto* confirm = dialog.findChild<QPushButton*>("confirmDeed");
        auto* typed = dialog.findChild<QLineEdit*>("typedName");
        before = confirm->isEnabled();
        if (!typed) return;
        QTest::keyClicks(typed, "bird");
        wrong = confirm->isEnabled();
        QTest::keyClicks(typed, "s");
        right = confirm->isEnabled();
    });
    click(fixture, "discardGroup");
    QTRY_COMPARE(fixture.engine().discarded().size(), std::size_t(2));
    QVERIFY(!before);
    QVERIFY(!wrong);
    QVERIFY(right);
    // A retry takes nothing away: its question is enough.
    fixture.engine().setDeadLetters(letters(2));
    click(fixture, "reloadDeadLetters");
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 2);
    bool asked = false;
    answerQuestion(this, "confirmDeed", &question, [&](ui::DeedQuestion& dialog) {
        asked = dialog.findChild<QLineEdit*>("typedName") != nullptr;
    });
    QTRY_VERIFY(fixture.find<QPushButton>("retryGroup")->isEnabled());
    click(fixture, "retryGroup");
    QTRY_COMPARE(fixture.engine().retried().size(), std::size_t(2));
    QVERIFY(!asked);
}

void QueueTest::setThatCannotBeReadChangesNothing()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 2);
    fixture.engine().failWith("deadLetterSet", {backend::ErrorCode::Unavailable, "pg-2 is gone", true});
    click(fixture, "discardGroup");
    QTRY_VERIFY2(outcome(fixture).contains("Nothing was changed") &&
                     outcome(fixture).contains("pg-2 is gone"),
                 qPrintable(outcome(fixture)));
    QCOMPARE(fixture.engine().count("discardDeadLetters"), 0);
    QVERIFY(fixture.find<QPushButton>("discardGroup")->isEnabled());
}

void QueueTest::listThatCannotBeReadSaysSo()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    fixture.engine().failWith("deadLetterGroups",
                              {backend::ErrorCode::Unavailable, "pg-1 does not answer", true});
    showTab(fixture, 2);
    QTRY_VERIFY(fixture.find<QLabel>("deadLetterSummary")->text().contains("pg-1 does not answer"));
    fixture.engine().clearFailure("deadLetterGroups");
    click(fixture, "reloadDeadLetters");
    QTRY_VERIFY(fixture.find<QLabel>("deadLetterSummary")->text().contains("No dead letters"));
}

void QueueTest::partOfTheListSaysWhatIsMissing()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    fixture.engine().setDeadLetters(letters(2));
    fixture.engine().setUnreadNodes({"pg-2: does not answer"});
    showTab(fixture, 2);
    auto* summary = fixture.find<QLabel>("deadLetterSummary");
    QTRY_VERIFY2(summary->text().contains("not read: pg-2: does not answer"), qPrintable(summary->text()));
    QVERIFY(summary->text().contains("2 dead letters"));
}

void QueueTest::growingIsNotShort()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueUnfinished = 5'000;
    snapshot.queueOldestAgeSeconds = 30;
    snapshot.secondsToDrain.reset();
    snapshot.arrivalsPerSecond = 50;
    snapshot.drainPerSecond = 20;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* tile = fixture.find<ui::MetricTile>("queueDrain");
    QTRY_COMPARE(tile->value(), QString("growing"));
    snapshot.arrivalsPerSecond = snapshot.drainPerSecond = 0;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(tile->value(), QString("stands"));
    snapshot.arrivalsPerSecond = snapshot.drainPerSecond = -1;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(tile->value(), QString("–"));
}

void QueueTest::trendsTimesAndLanes()
{
    PageFixture fixture;
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    backend::QueueDetails details;
    details.windowSeconds = 120;
    details.kinds.push_back({backend::TaskKind::DeliverChunk, 90, 100, 12, 340, 4, 15});
    fixture.engine().setQueueDetails(details);
    backend::QueueHistory history;
    history.at = {now - std::chrono::seconds(60), now - std::chrono::seconds(30)};
    history.kinds.push_back({backend::TaskKind::DeliverChunk, {5, 7}, {1, 2}, {2, 1}});
    fixture.engine().setQueueHistory(history);
    backend::WorkerSpans spans;
    backend::WorkerLane lane;
    lane.index = 1;
    lane.since = now - std::chrono::hours(1);
    lane.spans.push_back({now - std::chrono::seconds(20), now - std::chrono::seconds(18),
                          backend::WorkerState::Running, backend::TaskKind::DeliverChunk, 12, "pg-2"});
    spans.lanes.push_back(lane);
    fixture.engine().setWorkerSpans(spans);
    auto snapshot = fakeSnapshot(1);
    auto other = snapshot.engines.front();
    other.self = false;
    other.name = "elsewhere:77";
    other.slot = 9;
    other.workers = other.workersWanted = 3;
    snapshot.engines.push_back(other);
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();

    auto* times = fixture.find<QTableView>("queueTimes");
    QTRY_COMPARE(times->model()->rowCount(), 1);
    QCOMPARE(times->model()->index(0, ui::TimesWaitColumn).data().toString(), ui::formatMilliseconds(340));
    QVERIFY(times->model()->index(0, ui::TimesShareColumn).data().toString().startsWith("75.0 %"));
    QVERIFY(!fixture.find<QLabel>("queueTimesNote")->isVisible());
    const auto* trends = qobject_cast<ui::SparklineDelegate*>(
        fixture.find<QTableView>("queueKinds")->itemDelegateForColumn(ui::KindTrendColumn));
    QVERIFY(trends);
    QCOMPARE(trends->lines().at(int(backend::TaskKind::DeliverChunk)).first, (std::vector<double>{1, 2}));

    showTab(fixture, 1);
    auto* lanes = fixture.find<ui::SwimLanes>("workerLanes");
    QTRY_VERIFY(lanes->lanes().size() >= 2);
    QCOMPARE(lanes->lanes()[0].name, QString("Worker 2"));
    const auto busy = lanes->textAt(0, ui::secondsOf(now) - 19);
    QVERIFY2(busy.contains("delivery chunk × 12 from pg-2, 2 s"), qPrintable(busy));
    QVERIFY(lanes->textAt(0, ui::secondsOf(now) - 25).endsWith("idle"));
    // Of workers elsewhere nothing is made up.
    const auto& unknown = lanes->lanes().back();
    QCOMPARE(unknown.name, QString("elsewhere:77"));
    QVERIFY(unknown.bars.empty());
    QVERIFY2(lanes->textAt(int(lanes->lanes().size()) - 1, ui::secondsOf(now))
                 .contains("not known: it has told nothing"),
             qPrintable(unknown.outside));
}

void QueueTest::unknownTimesSayWhy()
{
    PageFixture fixture;
    backend::QueueDetails details;
    details.windowSeconds = 60;
    details.notMeasured = "no worker of this program ended a task in this time";
    fixture.engine().setQueueDetails(details);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* note = fixture.find<QLabel>("queueTimesNote");
    QTRY_VERIFY2(note->isVisible() && note->text().contains("no worker of this program"),
                 qPrintable(note->text()));
}

void QueueTest::overTimeThatFailsSaysSo()
{
    PageFixture fixture;
    fixture.engine().failWith("workerSpans", {backend::ErrorCode::DeadlineExceeded, "too late", true});
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto said = [&] {
        for (const auto* label : fixture.page->findChildren<QLabel*>("cardSubtitle"))
            if (label->text().contains("not read: too late")) return true;
        return false;
    };
    QTRY_VERIFY(said());
    fixture.engine().clearFailure("workerSpans");
    QTRY_VERIFY(!said());
}

void QueueTest::drillDownByArgument()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::QueuePage>();
    auto* tabs = fixture.find<QTabWidget>("queueTabs");
    page.openArgument("dead");
    QCOMPARE(tabs->currentIndex(), 2);
    page.openArgument("workers");
    QCOMPARE(tabs->currentIndex(), 1);
    page.openArgument("dead letters");
    QCOMPARE(tabs->currentIndex(), 2);
    // The tile leads there, too.
    page.openArgument({});
    QTest::mouseClick(fixture.find<ui::MetricTile>("queueDead"), Qt::LeftButton);
    QCOMPARE(tabs->currentIndex(), 2);
}

void QueueTest::figuresAreOfTheChosenWindow()
{
    PageFixture fixture;
    backend::QueueDetails details;
    details.windowSeconds = 60;
    fixture.engine().setQueueDetails(details);
    fixture.engine().setSequenceAdvances(false);
    const auto snapshot = fakeSnapshot(1);
    auto history = fakeHistory(snapshot.takenAt, 600);
    for (std::size_t i = 100; i <= 160; ++i) {
        history[i].queueUnfinished = 600;
        history[i].queueOldestAgeSeconds = i == 120 ? 42 : 1;
        history[i].queueDead = 7;
        history[i].arrivalsPerSecond = 50;
        history[i].drainPerSecond = 60;
    }
    backend::QueueHistory kinds;
    backend::QueueKindSeries series;
    series.kind = backend::TaskKind::PostCreated;
    for (const std::size_t i : {100, 120, 140}) {
        kinds.at.push_back(history[i].at);
        series.unfinished.push_back(5);
        series.arrivalsPerSecond.push_back(double(i));
        series.drainPerSecond.push_back(3);
    }
    kinds.kinds.push_back(series);
    fixture.engine().setQueueHistory(kinds);
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().setHistory(history);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto tile = [&](const char* name) { return fixture.find<ui::MetricTile>(name); };
    QTRY_COMPARE(tile("queueUnfinished")->value(), ui::formatCount(snapshot.queueUnfinished));
    fixture.range.choose(history[100].at, history[160].at);
    QCOMPARE(tile("queueUnfinished")->value(), QString("600"));
    QCOMPARE(tile("queueOldest")->value(), QString("42"));
    QCOMPARE(tile("queueOldest")->status(), ui::Tone::Warning);
    QCOMPARE(tile("queueDrain")->value(), ui::durationFigure(60).number);
    QCOMPARE(tile("queueDead")->value(), QString("7"));
    const auto* table = fixture.find<QTableView>("queueKinds")->model();
    const auto cell = [&](backend::TaskKind kind, int column) {
        for (int row = 0; row < table->rowCount(); ++row)
            if (table->index(row, ui::KindNameColumn).data(ui::SortRole).toInt() == int(kind))
                return table->index(row, column).data().toString();
        return QString();
    };
    QTRY_COMPARE(cell(backend::TaskKind::PostCreated, ui::KindArrivalsColumn), ui::formatRate(120));
    QCOMPARE(cell(backend::TaskKind::PostCreated, ui::KindDrainColumn), ui::formatRate(3));
    QCOMPARE(cell(backend::TaskKind::UserCreated, ui::KindArrivalsColumn), ui::unknownText());
    QStringList said;
    for (const auto* label : fixture.page->findChildren<QLabel*>("cardSubtitle"))
        if (label->text().contains("not of the chosen window")) said << label->text();
    QCOMPARE(said.size(), 3); // the kinds' other columns, times, workers
    fixture.range.reset();
    QTRY_COMPARE(tile("queueUnfinished")->value(), ui::formatCount(snapshot.queueUnfinished));
}

void QueueTest::escapeGivesUpReadingASet()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showLetters(fixture, 2);
    fixture.page->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(fixture.page.get()));
    fixture.engine().hold("deadLetterSet");
    click(fixture, "discardGroup");
    QTRY_VERIFY2(outcome(fixture).contains("Esc gives up"), qPrintable(outcome(fixture)));
    QVERIFY(!fixture.find<QPushButton>("discardGroup")->isEnabled());
    fixture.find<QTableView>("deadLetterGroups")->setFocus();
    QTest::keyClick(fixture.page->windowHandle(), Qt::Key_Escape);
    QVERIFY2(outcome(fixture).contains("nothing was changed"), qPrintable(outcome(fixture)));
    QVERIFY(fixture.find<QPushButton>("discardGroup")->isEnabled());
    fixture.engine().release("deadLetterSet");
    QTest::qWait(50); // a question would stand here for ever
    QVERIFY(!QApplication::activeModalWidget());
    QCOMPARE(fixture.engine().count("discardDeadLetters"), 0);
}

// As the key sheet says of every chart; over the names the wheel is the list's.
void QueueTest::lanesZoomAndPan()
{
    ui::Theme theme{ui::ThemeMode::Light};
    ui::TimeRange range;
    ui::SwimLanes lanes(theme, range, nullptr);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    range.setNewest(now);
    lanes.setLanes({{"Worker 1", ui::secondsOf(now) - 300, ui::secondsOf(now), {}, {}}});
    lanes.resize(700, 100);
    lanes.show();
    const auto wheel = [&](double x, int eighths) {
        QWheelEvent event({x, 10.0}, lanes.mapToGlobal(QPointF(x, 10.0)), {}, {0, eighths}, Qt::NoButton, {},
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&lanes, &event);
        return event.isAccepted();
    };
    QVERIFY(!wheel(2, 120));
    QVERIFY(!range.chosen());
    QVERIFY(wheel(lanes.plotLeft() + 200, 30)); // a touchpad's
    QVERIFY(range.chosen());
    QVERIFY(range.span() < std::chrono::minutes(5));
    range.choose(now - std::chrono::minutes(20), now - std::chrono::minutes(10));
    const auto end = range.end();
    QTest::mousePress(&lanes, Qt::LeftButton, Qt::ShiftModifier, {lanes.plotLeft() + 100, 10});
    QMouseEvent move(QEvent::MouseMove, QPointF(lanes.plotLeft() + 200, 10.0),
                     lanes.mapToGlobal(QPointF(lanes.plotLeft() + 200, 10.0)), Qt::NoButton, Qt::LeftButton,
                     Qt::ShiftModifier);
    QCoreApplication::sendEvent(&lanes, &move);
    QTest::mouseRelease(&lanes, Qt::LeftButton, Qt::ShiftModifier, {lanes.plotLeft() + 200, 10});
    QVERIFY(range.end() < end);
    QCOMPARE(range.span(), ui::TimeRange::Span(std::chrono::minutes(10)));
    QVERIFY(!range.pinned());
}

void QueueTest::noRowIsCutInHalf()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::QueuePage>();
    auto* table = fixture.find<QTableView>("queueKinds");
    QVERIFY(QTest::qWaitForWindowExposed(&page));
    const int row = table->verticalHeader()->defaultSectionSize();
    for (int height = 600; height < 600 + 2 * row; height += 5) {
        page.resize(1100, height);
        QVERIFY(table->viewport()->height() < table->model()->rowCount() * row);
        QCOMPARE(table->viewport()->height() % row, 0);
    }
    page.resize(1100, 1600); // all fit
    QVERIFY(table->viewport()->height() >= table->model()->rowCount() * row);
}

} // namespace tests

QTEST_MAIN(tests::QueueTest)
#include "queue_test.moc"
