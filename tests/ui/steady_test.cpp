// Words that change often ask for a new layout of what is around them only when they need other room; and a
// list that grows is measured a column a turn, to the widths that its new rows need.
#include <QLabel>
#include <QStandardItemModel>
#include <QTableView>
#include <QTest>
#include <QVBoxLayout>

#include "ui/pages/column_fit.h"
#include "ui/widgets/steady.h"

namespace tests {
namespace {

class Requests final : public QObject
{
public:
    explicit Requests(QWidget& of) { of.installEventFilter(this); }
    bool eventFilter(QObject*, QEvent* event) override
    {
        count += event->type() == QEvent::LayoutRequest;
        return false;
    }
    int count = 0;
};

QString words(int count)
{
    return QStringList(count, QStringLiteral("word")).join(u' ');
}

// A label below something that takes the rest of the height.
struct Place
{
    explicit Place(bool steady)
    {
        text->setWordWrap(true);
        text->setText(words(2));
        auto* layout = new QVBoxLayout(&window);
        layout->addWidget(rest, 1);
        layout->addWidget(steady ? new ui::Steady(text, &window) : static_cast<QWidget*>(text));
        window.resize(200, 300);
        window.show();
    }
    QWidget window;
    QWidget* rest = new QWidget(&window);
    QLabel* text = new QLabel(&window);
};

// Notes in which turn of the event loop a column was measured.
class Measured final : public QTableView
{
public:
    Measured() { qApp->installEventFilter(this); }
    bool eventFilter(QObject*, QEvent* event) override
    {
        m_turn += event->type() == QEvent::Timer;
        return false;
    }
    std::vector<std::pair<int, int>> measured() const { return m_measured; } // turn, column
    void clear() { m_measured.clear(); }

protected:
    int sizeHintForColumn(int column) const override
    {
        m_measured.emplace_back(m_turn, column);
        return QTableView::sizeHintForColumn(column);
    }

private:
    int m_turn = 0;
    mutable std::vector<std::pair<int, int>> m_measured;
};

void addRow(QStandardItemModel& model, const QString& text)
{
    QList<QStandardItem*> row;
    for (int column = 0; column < model.columnCount(); ++column)
        row << new QStandardItem(text);
    model.appendRow(row);
}

} // namespace

class SteadyTest : public QObject
{
    Q_OBJECT

private slots:
    void asksOnlyForOtherRoom();
    void changedWhileHidden();
    void followsItsWidth();
    void growingListIsMeasuredAColumnATurn();
    void theLastColumnShownTakesWhatTheOthersLeave();
};

void SteadyTest::asksOnlyForOtherRoom()
{
    for (const bool steady : {false, true}) {
        Place place(steady);
        QVERIFY(QTest::qWaitForWindowExposed(&place.window));
        QCoreApplication::processEvents();
        const int height = place.text->height(), restHeight = place.rest->height();
        const Requests requests(place.window);
        for (const auto& text : {words(1), words(2)}) {
            place.text->setText(text);
            QCoreApplication::processEvents();
            QCOMPARE(requests.count > 0, !steady);
        }
        QCOMPARE(place.text->height(), height);
        // What needs more lines gets them, and gives them back.
        place.text->setText(words(30));
        QTRY_VERIFY(place.text->height() > height);
        QVERIFY(place.text->height() >= place.text->heightForWidth(place.text->width()));
        QVERIFY(place.rest->height() < restHeight);
        place.text->setText(words(2));
        QTRY_COMPARE(place.text->height(), height);
        QCOMPARE(place.rest->height(), restHeight);
    }
}

void SteadyTest::changedWhileHidden()
{
    Place place(true);
    QVERIFY(QTest::qWaitForWindowExposed(&place.window));
    const int height = place.text->height();
    place.window.hide();
    place.text->setText(words(30));
    QCoreApplication::processEvents();
    place.window.show();
    QTRY_VERIFY(place.text->height() > height);
}

void SteadyTest::followsItsWidth()
{
    Place place(true);
    QVERIFY(QTest::qWaitForWindowExposed(&place.window));
    place.text->setText(words(12));
    QTRY_VERIFY(place.text->height() >= place.text->heightForWidth(place.text->width()));
    const int height = place.text->height();
    place.window.resize(110, 300);
    QTRY_VERIFY(place.text->height() > height);
    QVERIFY(place.text->height() >= place.text->heightForWidth(place.text->width()));
    QCOMPARE(place.text->width(), place.text->parentWidget()->width());
}

void SteadyTest::growingListIsMeasuredAColumnATurn()
{
    constexpr int kColumns = 4;
    QStandardItemModel model(0, kColumns);
    addRow(model, QStringLiteral("short"));
    Measured table;
    table.setModel(&model);
    ui::fitColumns(table);
    table.resize(1'200, 300);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    // What is shown first is right from the first turn on.
    QTRY_VERIFY(table.measured().size() >= kColumns);
    for (std::size_t i = 1; i < kColumns; ++i)
        QCOMPARE(table.measured()[i].first, table.measured()[0].first);
    QTest::qWait(50);
    const int width = table.columnWidth(0);

    table.clear();
    const auto longer = QStringLiteral("longer than what was there before");
    addRow(model, longer);
    QTRY_VERIFY(table.measured().size() >= kColumns);
    for (std::size_t i = 1; i < kColumns; ++i)
        QVERIFY(table.measured()[i].first > table.measured()[i - 1].first);
    QTRY_VERIFY(table.columnWidth(0) > width);
    for (int column = 0; column < kColumns; ++column)
        QVERIFY(table.columnWidth(column) >= table.fontMetrics().horizontalAdvance(longer));
}

// Also when columns behind it are hidden, and never more than that.
void SteadyTest::theLastColumnShownTakesWhatTheOthersLeave()
{
    QStandardItemModel model(0, 3);
    addRow(model, QStringLiteral("some words that are far too long for a table as narrow as this one"));
    QTableView table;
    table.setModel(&model);
    table.setColumnHidden(2, true);
    ui::fitColumns(table);
    ui::elideLastColumn(table);
    for (const int width : {900, 420}) {
        table.resize(width, 200);
        table.show();
        QVERIFY(QTest::qWaitForWindowExposed(&table));
        QTRY_COMPARE(table.columnViewportPosition(1) + table.columnWidth(1), table.viewport()->width());
    }
}

} // namespace tests

QTEST_MAIN(tests::SteadyTest)
#include "steady_test.moc"
