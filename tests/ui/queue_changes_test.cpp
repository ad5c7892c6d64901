// The Queue & workers page while the cluster changes under it: the engine that was chosen leaves, and letters
// are handled while long lists of them are shown.
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include <algorithm>

#include "tests/ui/page_fixture.h"
#include "ui/models/queue_tables.h"
#include "ui/pages/queue_page.h"

using namespace std::chrono_literals;

namespace tests {

class QueueChangesTest : public QObject
{
    Q_OBJECT

private slots:
    void engineThatLeftStaysChosen();
    void anotherEngineInItsSlotIsAnother();
    void longListsAreReadAgain();
    void handledLettersDoNotComeBackWithAPage();

private:
    static backend::DeadLetter letter(int i)
    {
        backend::DeadLetter out;
        out.ref = {1 + i % 2, 100 + i};
        out.kind = backend::TaskKind::DeliverChunk;
        out.error = out.signature = "redis-# refused write #";
        out.diedAt = backend::TimePoint(std::chrono::seconds(1'790'000'000 + i));
        out.createdAt = out.diedAt - 60s;
        return out;
    }
    static std::vector<backend::DeadLetter> letters(int from, int to)
    {
        std::vector<backend::DeadLetter> out;
        for (int i = from; i < to; ++i)
            out.push_back(letter(i));
        return out;
    }
    static void setDead(PageFixture& fixture, std::vector<backend::DeadLetter> all)
    {
        auto snapshot = fixture.engine().lastSnapshot();
        snapshot.queueDead = std::int64_t(all.size());
        fixture.engine().setDeadLetters(std::move(all));
        fixture.engine().setSnapshot(snapshot);
    }
    static void show(PageFixture& fixture, int tab)
    {
        QVERIFY(fixture.open());
        fixture.make<ui::QueuePage>();
        fixture.find<QTabWidget>("queueTabs")->setCurrentIndex(tab);
    }
    static QAbstractItemModel* listed(PageFixture& fixture)
    {
        return fixture.find<QTableView>("deadLetterTable")->model();
    }
    // Scrolls on until so many are listed.
    static bool scrollTo(PageFixture& fixture, int rows)
    {
        auto* bar = fixture.find<QTableView>("deadLetterTable")->verticalScrollBar();
        return QTest::qWaitFor(
            [&] {
                bar->setValue(bar->maximum());
                return listed(fixture)->rowCount() >= rows;
            },
            20'000);
    }
};

void QueueChangesTest::engineThatLeftStaysChosen()
{
    PageFixture fixture;
    auto snapshot = fixture.engine().lastSnapshot();
    QVERIFY(!snapshot.engines.empty());
    auto leaving = snapshot.engines.back();
    leaving.slot = 41;
    leaving.name = "leaving:1";
    auto staying = leaving;
    staying.slot = 42;
    staying.name = "staying:2";
    auto with = snapshot;
    auto without = leaving; // nothing can be ordered of it: -1 is everybody's address
    without.slot = -1;
    without.name = "without:3";
    with.engines.push_back(without);
    with.engines.push_back(leaving);
    with.engines.push_back(staying);
    fixture.engine().setSnapshot(with);
    show(fixture, 1);
    auto* target = fixture.find<QComboBox>("workerTarget");
    QTRY_VERIFY(target->findData(41) > 0);
    QCOMPARE(target->findText("without", Qt::MatchStartsWith), -1);
    target->setCurrentIndex(target->findData(41));
    auto* pause = fixture.find<QPushButton>("pauseWorkers");
    QVERIFY(pause->isEnabled());
    with.engines.erase(with.engines.end() - 2);
    fixture.engine().setSnapshot(with);
    QTRY_VERIFY2(target->currentText().contains("has left"), qPrintable(target->currentText()));
    QCOMPARE(target->currentData().toInt(), 41);
    QVERIFY(!pause->isEnabled());
    QVERIFY2(pause->toolTip().contains("has left"), qPrintable(pause->toolTip()));
    QVERIFY(fixture.find<QLabel>("workerOutcome")->text().contains("has left"));
    with.engines.push_back(leaving); // it had only lost its slot
    with.engines.back().slot = 43;
    fixture.engine().setSnapshot(with);
    QTRY_VERIFY2(target->currentText().contains("has lost it"), qPrintable(target->currentText()));
    QVERIFY2(!pause->isEnabled() && pause->toolTip().contains("new one"), qPrintable(pause->toolTip()));
    QVERIFY(target->findData(43) > 0);
    target->setCurrentIndex(target->findData(42));
    QVERIFY(pause->isEnabled());
    QVERIFY(!fixture.find<QLabel>("workerOutcome")->text().contains("has left"));
    QTRY_COMPARE(target->findData(41), -1); // nobody chose it any more
    pause->click();
    QTRY_COMPARE(fixture.engine().count("pauseWorkers"), 1);
    const auto calls = fixture.engine().calls(); // what is looked at beside it may have come since
    QVERIFY(std::find(calls.begin(), calls.end(), "pauseWorkers 42") != calls.end());
}

// Slots are leased: who holds one later is somebody else.
void QueueChangesTest::anotherEngineInItsSlotIsAnother()
{
    PageFixture fixture;
    auto snapshot = fixture.engine().lastSnapshot();
    auto engine = snapshot.engines.back();
    engine.slot = 41;
    engine.name = "first:1";
    snapshot.engines.push_back(engine);
    fixture.engine().setSnapshot(snapshot);
    show(fixture, 1);
    auto* target = fixture.find<QComboBox>("workerTarget");
    QTRY_VERIFY(target->findData(41) > 0);
    target->setCurrentIndex(target->findData(41));
    snapshot.engines.back().name = "second:2";
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(target->currentText().contains("first:1") && target->currentText().contains("has left"));
    QVERIFY(!fixture.find<QPushButton>("pauseWorkers")->isEnabled());
    bool offered = false;
    for (int i = 0; i < target->count(); ++i)
        offered = offered || target->itemText(i).startsWith("second:2");
    QVERIFY(offered);
}

void QueueChangesTest::longListsAreReadAgain()
{
    PageFixture fixture;
    setDead(fixture, letters(0, 3'000));
    show(fixture, 2);
    QTRY_COMPARE(listed(fixture)->rowCount(), 200);
    QVERIFY(scrollTo(fixture, 1'400));
    const int before = listed(fixture)->rowCount();
    // The newest hundred are handled by somebody.
    setDead(fixture, letters(0, 2'900));
    QTRY_VERIFY(listed(fixture)->index(0, 0).isValid() &&
                static_cast<ui::DeadLetterModel*>(listed(fixture))->rows().front().letter.ref ==
                    letter(2'899).ref);
    QTRY_VERIFY(listed(fixture)->rowCount() >= before); // a page on its way is read with them
    const auto& rows = static_cast<ui::DeadLetterModel*>(listed(fixture))->rows();
    for (std::size_t i = 0; i < rows.size(); ++i)
        QVERIFY(rows[i].letter.ref == letter(2'899 - int(i)).ref);
}

void QueueChangesTest::handledLettersDoNotComeBackWithAPage()
{
    PageFixture fixture;
    setDead(fixture, letters(0, 600));
    show(fixture, 2);
    QTRY_COMPARE(listed(fixture)->rowCount(), 200);
    auto* view = fixture.find<QTableView>("deadLetterTable");
    fixture.engine().hold("deadLetterPage"); // a further page is on its way
    const int asked = fixture.engine().count("deadLetterPage");
    view->verticalScrollBar()->setValue(view->verticalScrollBar()->maximum());
    QTRY_COMPARE(fixture.engine().count("deadLetterPage"), asked + 1);
    setDead(fixture, letters(0, 590)); // ten of those listed are handled, and the list is read again
    QTRY_COMPARE(fixture.engine().count("deadLetterPage"), asked + 2);
    fixture.engine().release("deadLetterPage");
    const auto& model = *static_cast<ui::DeadLetterModel*>(listed(fixture));
    QTRY_VERIFY(model.rowCount() > 0 && model.rows().front().letter.ref == letter(589).ref);
    QTest::qWait(200);
    for (std::size_t i = 0; i < model.rows().size(); ++i)
        QVERIFY2(model.rows()[i].letter.ref == letter(589 - int(i)).ref, qPrintable(QString::number(i)));
}

} // namespace tests

QTEST_MAIN(tests::QueueChangesTest)
#include "queue_changes_test.moc"
