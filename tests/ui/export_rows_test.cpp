// Copying and exporting of very many rows: bit by bit, with progress, to be ended with Esc; what changes
// meanwhile does no harm; and a choice costs only what is chosen.
#include <QAbstractTableModel>
#include <QClipboard>
#include <QGuiApplication>
#include <QProgressDialog>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QTreeView>

#include "ui/widgets/exporter.h"
#include "ui/widgets/table_style.h"

#include <atomic>

using namespace std::chrono_literals;

namespace tests {
namespace {

// Rows of two columns; counts how often it is looked at. Slow: as if each cell were formatted with care.
class ManyRows final : public QAbstractTableModel
{
public:
    ManyRows(int rows, std::chrono::microseconds costOfACell = {})
        : m_rows(rows)
        , m_cost(costOfACell)
    {
    }
    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : m_rows; }
    int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : 2; }
    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override
    {
        ++looks;
        return QAbstractTableModel::index(row, column, parent);
    }
    QVariant data(const QModelIndex& index, int role) const override
    {
        if (role != Qt::DisplayRole) return {};
        const auto until = std::chrono::steady_clock::now() + m_cost;
        while (std::chrono::steady_clock::now() < until) {
        }
        return QStringLiteral("%1/%2").arg(index.row() + m_first).arg(index.column());
    }
    // Rows before all others go or come.
    void dropFirst(int count)
    {
        beginRemoveRows({}, 0, count - 1);
        m_rows -= count;
        m_first += count;
        endRemoveRows();
    }
    void addLast(int count)
    {
        beginInsertRows({}, m_rows, m_rows + count - 1);
        m_rows += count;
        endInsertRows();
    }

    mutable std::atomic<int> looks = 0;

private:
    int m_rows, m_first = 0;
    std::chrono::microseconds m_cost;
};

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class ExportRowsTest : public QObject
{
    Q_OBJECT

private slots:
    void manyRowsAreReadBitByBit();
    void escEndsIt();
    void aChoiceCostsWhatIsChosen();
    void whatComesAndGoesMeanwhile();
    void anotherOrderBeginsAnew();
    void chosenBranchesKeepTheirOrder();
    void manyRowsAreCopied();
};

void ExportRowsTest::manyRowsAreReadBitByBit()
{
    ManyRows model(2'000, 200us); // 0.8 s of work
    QTableView view;
    view.setModel(&model);
    ui::styleTable(view);
    view.show();
    QTemporaryDir directory;
    const auto path = directory.filePath("rows.csv");
    auto* exporter = ui::Exporter::of(view);
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    int turns = 0; // of the event loop while it is read
    QTimer beat;
    connect(&beat, &QTimer::timeout, &beat, [&] { ++turns; });
    beat.start(0);
    exporter->exportTo(path);
    QVERIFY(finished.isEmpty());
    QProgressDialog* progress = nullptr;
    QTRY_VERIFY((progress = view.findChild<QProgressDialog*>("exportProgress")));
    QVERIFY(progress->isVisible());
    QVERIFY(progress->value() > 0 && progress->value() < progress->maximum());
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 30'000);
    QVERIFY2(turns > 20, qPrintable(QString::number(turns)));
    QVERIFY(finished[0][0].toBool());
    QVERIFY(finished[0][1].toString().contains("2,000 rows"));
    const auto lines = contentOf(path).split('\n');
    QCOMPARE(lines.size(), 2'002);
    QCOMPARE(lines[2'000].trimmed(), QByteArray("1999/0,1999/1"));
    QTRY_VERIFY(!view.findChild<QProgressDialog*>("exportProgress"));
}

void ExportRowsTest::escEndsIt()
{
    ManyRows model(100'000, 200us); // 40 s of work
    QTableView view;
    view.setModel(&model);
    ui::styleTable(view);
    view.show();
    auto* exporter = ui::Exporter::of(view);
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    QTemporaryDir directory;
    exporter->exportTo(directory.filePath("a.csv"));
    QTest::keyClick(&view, Qt::Key_Escape); // on the table, before progress is shown
    QCOMPARE(finished.size(), 1);
    QVERIFY(!finished[0][0].toBool());
    exporter->exportTo(directory.filePath("a.csv"));
    QProgressDialog* progress = nullptr;
    QTRY_VERIFY((progress = view.findChild<QProgressDialog*>("exportProgress")));
    QTest::keyClick(progress, Qt::Key_Escape);
    QCOMPARE(finished.size(), 2);
    QVERIFY2(finished[1][1].toString().startsWith("Given up"), qPrintable(finished[1][1].toString()));
    QGuiApplication::clipboard()->setText("before");
    view.selectAll();
    exporter->copy();
    QTRY_VERIFY((progress = view.findChild<QProgressDialog*>("exportProgress")));
    QTest::keyClick(progress, Qt::Key_Escape);
    QTRY_VERIFY(!view.findChild<QProgressDialog*>("exportProgress"));
    QTest::qWait(50);
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("before"));
    QVERIFY(!QFile::exists(directory.filePath("a.csv")));
}

void ExportRowsTest::aChoiceCostsWhatIsChosen()
{
    ManyRows model(1'000'000);
    QTableView view;
    view.setModel(&model);
    ui::styleTable(view);
    view.setSelectionBehavior(QAbstractItemView::SelectItems);
    const auto choose = [&](int row, int column) {
        view.selectionModel()->select(model.index(row, column), QItemSelectionModel::Select);
    };
    choose(999'999, 0);
    choose(7, 1);
    choose(7, 0);
    choose(8, 0);
    model.looks = 0;
    ui::Exporter::of(view)->copy();
    QVERIFY2(model.looks < 100, qPrintable(QString::number(model.looks)));
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("1\t2\n7/0\t7/1\n8/0\t8/1\n999999/0\t999999/1\n"));
}

void ExportRowsTest::whatComesAndGoesMeanwhile()
{
    ManyRows model(400, 200us);
    QTableView view;
    view.setModel(&model);
    ui::styleTable(view);
    QTemporaryDir directory;
    auto* exporter = ui::Exporter::of(view);
    QSignalSpy finished(exporter, &ui::Exporter::finished);
    exporter->exportTo(directory.filePath("rows.csv"));
    QVERIFY(finished.isEmpty());
    model.dropFirst(5); // read already: nothing is read twice or left out for that
    model.addLast(3);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 30'000);
    const auto lines = contentOf(directory.filePath("rows.csv")).split('\n');
    QCOMPARE(lines.size(), 405);
    for (int row = 0; row < 403; ++row)
        QVERIFY2(lines[row + 1].startsWith(QByteArray::number(row) + '/'), lines[row + 1].constData());
}

void ExportRowsTest::anotherOrderBeginsAnew()
{
    QStandardItemModel model(300, 1);
    for (int row = 0; row < 300; ++row)
        model.setItem(row, 0, new QStandardItem(QString::number(1'000 + row)));
    QTableView view;
    view.setModel(&model);
    ui::styleTable(view);
    ui::TableReader reader(view, ui::TableRows::All);
    while (!reader.read(0ms) && reader.fraction() < 0.3) {
    }
    model.sort(0, Qt::DescendingOrder);
    while (!reader.read(0ms)) {
    }
    const auto cells = reader.take();
    QCOMPARE(cells.rows.size(), std::size_t(300));
    QCOMPARE(cells.rows.front()[0].text, QString("1299"));
    QCOMPARE(cells.rows.back()[0].text, QString("1000"));
}

void ExportRowsTest::chosenBranchesKeepTheirOrder()
{
    QStandardItemModel model;
    model.setHorizontalHeaderLabels({"name"});
    for (const char* name : {"a", "b"}) {
        auto* item = new QStandardItem(name);
        for (const char* child : {"1", "2"})
            item->appendRow(new QStandardItem(child));
        model.appendRow(item);
    }
    QTreeView view;
    view.setModel(&model);
    ui::styleTree(view);
    view.expandAll();
    const auto choose = [&](const QModelIndex& index) {
        view.selectionModel()->select(index, QItemSelectionModel::Select | QItemSelectionModel::Rows);
    };
    const auto a = model.index(0, 0), b = model.index(1, 0);
    choose(model.index(1, 0, b));
    choose(b);
    choose(model.index(0, 0, a));
    ui::Exporter::of(view)->copy();
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("name\na / 1\nb\nb / 2\n"));
}

void ExportRowsTest::manyRowsAreCopied()
{
    ManyRows model(20'000);
    QTableView view;
    view.setModel(&model);
    ui::styleTable(view);
    view.selectAll();
    auto* exporter = ui::Exporter::of(view);
    QSignalSpy copied(exporter, &ui::Exporter::copied);
    exporter->copy();
    QTRY_COMPARE(copied.size(), 1);
    QCOMPARE(QGuiApplication::clipboard()->text().count('\n'), 20'001);
}

} // namespace tests

QTEST_MAIN(tests::ExportRowsTest)
#include "export_rows_test.moc"
