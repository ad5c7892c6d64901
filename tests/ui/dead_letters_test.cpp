// Dead letters on the Queue & workers page: grouped, paged, retried and discarded exactly as listed.
#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTableView>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include "tests/ui/queue_page_fixture.h"
#include "ui/dialogs/deed_question.h"
#include "ui/models/queue_tables.h"
#include "ui/widgets/formatting.h"

#include <functional>

namespace tests {

class DeadLettersTest : public QObject
{
    Q_OBJECT

private slots:
    void deadLettersAreGrouped();
    void longErrorsHideNoColumn();
    void lettersArePagedByKeyset();
    void payloadIsBounded();
    void readOnlyDisablesChangesWithAReason();
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

void DeadLettersTest::deadLettersAreGrouped()
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

void DeadLettersTest::longErrorsHideNoColumn()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto lost = letters(3);
    for (auto& one : lost) {
        one.signature = "redis-# at # " + std::string(300, 'w');
        one.error = "redis-3 at 10.0.0.3:6379 " + std::string(300, 'w');
    }
    fixture.engine().setDeadLetters(lost);
    showTab(fixture, 2);
    QTRY_COMPARE(rows(fixture, "deadLetterTable"), 3);
    fixture.page->resize(1'100, 720);
    const auto* groups = fixture.find<QTableView>("deadLetterGroups");
    auto* table = fixture.find<QTableView>("deadLetterTable");
    for (const auto* one : {groups, const_cast<const QTableView*>(table)})
        QTRY_COMPARE(one->horizontalScrollBar()->maximum(), 0);
    const auto error = groups->model()->index(0, ui::GroupSignatureColumn);
    QVERIFY(groups->visualRect(error).width() > 100);
    QVERIFY(groups->visualRect(error).right() < groups->viewport()->width());
    QVERIFY(error.data(Qt::ToolTipRole).toString().endsWith("ww"));
    QVERIFY(table->isColumnHidden(ui::LetterErrorColumn)); // it stands beside
    table->selectRow(0);
    auto* details = fixture.find<QLabel>("deadLetterError");
    QTRY_VERIFY(details->text().endsWith("ww"));
    QVERIFY(details->minimumSizeHint().width() < 320); // leaves the list its room
    const auto* more = fixture.find<QToolButton>("moreColumns");
    QVERIFY(more->isVisible());
    QVERIFY2(more->toolTip().contains("Error of the last attempt"), qPrintable(more->toolTip()));
    fixture.page->resize(2'000, 720);
    QTRY_VERIFY(!table->isColumnHidden(ui::LetterErrorColumn));
}

void DeadLettersTest::lettersArePagedByKeyset()
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

void DeadLettersTest::payloadIsBounded()
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

void DeadLettersTest::readOnlyDisablesChangesWithAReason()
{
    PageFixture fixture;
    fixture.engine().setReadOnly(true);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QTRY_VERIFY(fixture.bridge.readOnly());
    showLetters(fixture, 2);
    select(fixture, {100});
    QVERIFY(!fixture.find<QPushButton>("discardDeadLetters")->isEnabled());
    QVERIFY(fixture.find<QPushButton>("retryDeadLetters")->toolTip().contains("Read-only"));
    for (const auto* name : {"retryGroup", "discardGroup"}) {
        QVERIFY(!fixture.find<QPushButton>(name)->isEnabled());
        QVERIFY(fixture.find<QPushButton>(name)->toolTip().contains("Read-only"));
    }
}

void DeadLettersTest::discardAsksWithTheRightCount()
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

void DeadLettersTest::cancelledDiscardDoesNothing()
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

void DeadLettersTest::retriesExactlyTheSelected()
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
void DeadLettersTest::groupIsFrozenAsListed()
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

void DeadLettersTest::goneMeanwhileIsTold()
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

void DeadLettersTest::productionWantsItsNameTyped()
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

void DeadLettersTest::setThatCannotBeReadChangesNothing()
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

void DeadLettersTest::escapeGivesUpReadingASet()
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

void DeadLettersTest::listThatCannotBeReadSaysSo()
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

void DeadLettersTest::partOfTheListSaysWhatIsMissing()
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

} // namespace tests

QTEST_MAIN(tests::DeadLettersTest)
#include "dead_letters_test.moc"
