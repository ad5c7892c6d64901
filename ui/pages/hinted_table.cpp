#include "ui/pages/hinted_table.h"

#include "ui/models/sort_proxy.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/whole_rows.h"

#include <QTableView>
#include <QVBoxLayout>

namespace ui {

HintedTable::HintedTable(const Theme& theme, const char* name, const QString& title,
                         QAbstractItemModel* model, QWidget* parent)
    : QWidget(parent)
    , m_hint(new Label(theme, FontRole::Small, Tone::Muted, this))
    , m_sorted(new SortProxy(this))
    , m_table(new QTableView(this))
{
    m_hint->setObjectName(QLatin1String(name) + QStringLiteral("Hint"));
    m_hint->setWordWrap(true);
    m_hint->setTextFormat(Qt::PlainText);
    m_hint->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_sorted->setSourceModel(model);
    m_table->setObjectName(QLatin1String(name));
    m_table->setAccessibleName(title);
    m_table->setModel(m_sorted);
    m_table->setItemDelegate(new ToneDelegate(theme, m_table));
    styleCompactTable(*m_table);
    fitColumns(*m_table);
    m_table->setSortingEnabled(true);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingTiny);
    layout->addWidget(m_hint);
    auto* rows = new WholeRows(m_table, this);
    layout->addWidget(rows, 1);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &HintedTable::currentChanged);
    const auto showParts = [this, rows] { rows->setVisible(m_sorted->rowCount() > 0); };
    connect(m_sorted, &QAbstractItemModel::rowsInserted, this, showParts);
    connect(m_sorted, &QAbstractItemModel::rowsRemoved, this, showParts);
    layout->addStretch(0); // the line stays at the top while there is no table
    showParts();
}

void HintedTable::setHint(const QString& hint, Tone tone)
{
    m_hint->setText(hint);
    m_hint->setTone(tone);
    m_hint->setVisible(!hint.isEmpty());
}

QString HintedTable::hint() const
{
    return m_hint->text();
}

void HintedTable::sortBy(int column, Qt::SortOrder order)
{
    m_table->sortByColumn(column, order);
}

QModelIndex HintedTable::current() const
{
    return m_sorted->mapToSource(m_table->currentIndex());
}

} // namespace ui
