#include "ui/widgets/whole_rows.h"

#include <QHeaderView>
#include <QScrollBar>
#include <QTableView>

#include <algorithm>

namespace ui {

WholeRows::WholeRows(QTableView* table, QWidget* parent)
    : QWidget(parent)
    , m_table(table)
{
    table->setParent(this);
    setSizePolicy(table->sizePolicy());
    for (const auto change : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(table->model(), change, this, &WholeRows::place);
    // A bar below comes and goes while the table is laid out: after that.
    connect(table->horizontalScrollBar(), &QScrollBar::rangeChanged, this, &WholeRows::place,
            Qt::QueuedConnection);
}

QSize WholeRows::sizeHint() const
{
    return m_table->sizeHint();
}

QSize WholeRows::minimumSizeHint() const
{
    return m_table->minimumSizeHint();
}

void WholeRows::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    place();
}

void WholeRows::place()
{
    const auto* bar = m_table->horizontalScrollBar();
    const bool barShown = m_table->horizontalScrollBarPolicy() == Qt::ScrollBarAsNeeded && bar->maximum() > 0;
    const int around = m_table->horizontalHeader()->sizeHint().height() + 2 * m_table->frameWidth() +
                       (barShown ? bar->sizeHint().height() : 0);
    const int row = std::max(1, m_table->verticalHeader()->defaultSectionSize());
    const int fit = std::max(1, (height() - around) / row);
    const bool all = fit >= m_table->model()->rowCount();
    m_table->setGeometry(0, 0, width(), all ? height() : around + fit * row);
}

} // namespace ui
