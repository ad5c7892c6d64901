#include "ui/dialogs/key_sheet.h"

#include "ui/theme/theme.h"
#include "ui/widgets/label.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include <utility>
#include <vector>

namespace ui {

KeySheet::KeySheet(const Theme& theme, const QStringList& pages, QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("keySheet"));
    setWindowTitle(tr("Keys"));
    const std::vector<std::pair<QString, QString>> keys{
        {tr("Alt+1 … Alt+%1").arg(pages.size()), pages.join(tr(", "))},
        {tr("Space"), tr("Pause, or go on live")},
        {tr("+  −  0"), tr("Zoom the time of all charts, or back to live")},
        {tr("[  ]"), tr("Half a window earlier or later")},
        {tr("F5"), tr("Refresh")},
        {tr("Ctrl+F"), tr("Find on this page")},
        {tr("Tab, Shift+Tab"), tr("Next or previous control")},
        {tr("Arrows, Home, End"), tr("Move within a chart, a heatmap, bars, a table or the rail")},
        {tr("Enter"), tr("Open what is chosen: a tile, a cell, a row; in a chart pin its values")},
        {tr("Drag in a chart"), tr("Choose a window of time for every page")},
        {tr("Shift+drag, wheel"), tr("Move it, zoom it; a double click goes back to live")},
        {tr("Click in a chart"), tr("Pin the values of that moment, or let them go")},
        {tr("Ctrl+L, Ctrl+V"), tr("Copy a link to what is shown, open one")},
        {tr("Ctrl+C"), tr("Copy a table's chosen rows")},
        {tr("Menu, Shift+F10"), tr("Export a table or chart that has the focus")},
        {tr("F8"), tr("Demo bench: traffic and scenarios")},
        {tr("Esc"), tr("Cancel what is being read, close what is open")},
        {tr("?"), tr("This sheet")},
    };
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(kSpacingLarge);
    grid->setVerticalSpacing(kSpacingSmall);
    int row = 0;
    for (const auto& [key, meaning] : keys) {
        grid->addWidget(new Label(theme, key, FontRole::Mono, Tone::Accent, this), row, 0);
        grid->addWidget(new Label(theme, meaning, FontRole::Body, Tone::Normal, this), row, 1);
        ++row;
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacingLarge, kSpacingLarge, kSpacingLarge, kSpacingLarge);
    layout->setSpacing(kSpacingLarge);
    layout->addLayout(grid);
    layout->addWidget(buttons);
}

} // namespace ui
