#include "ui/pages/more_columns.h"

#include "ui/pages/column_fit.h"
#include "ui/theme/theme.h"

#include <QTableView>

namespace ui {

MoreColumns::MoreColumns(const Theme& theme, QTableView& table, std::vector<int> leastImportantFirst,
                         QWidget* parent)
    : QToolButton(parent)
    , m_table(table)
{
    setObjectName(QStringLiteral("moreColumns"));
    setCheckable(true);
    setProperty("flat", true);
    setFont(theme.font(FontRole::Small));
    setMaximumHeight(fontMetrics().height() + kSpacingTiny); // the table keeps its rows
    hide();
    leaveOutColumns(m_table, std::move(leastImportantFirst),
                    [this](const QStringList& titles) { say(titles); });
    connect(this, &QToolButton::toggled, this, [this](bool all) {
        if (!all) say({});
        showAllColumns(m_table, all);
    });
}

void MoreColumns::say(const QStringList& titles)
{
    setVisible(!titles.isEmpty() || isChecked());
    if (isChecked()) {
        setText(tr("Fewer columns"));
        setToolTip(tr("Leave out again what has no room"));
    } else {
        setText(titles.size() == 1 ? tr("1 more column…") : tr("%1 more columns…").arg(titles.size()));
        setToolTip(tr("No room here for: %1. Shows them; the table then scrolls sideways.")
                       .arg(titles.join(QStringLiteral(", "))));
    }
    setAccessibleName(text());
}

} // namespace ui
