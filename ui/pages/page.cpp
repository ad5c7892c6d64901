#include "ui/pages/page.h"

namespace ui {

Page::Page(const QString& id, const QString& title, const PageContext& context, QWidget* parent)
    : QWidget(parent)
    , m_context(context)
    , m_id(id)
    , m_title(title)
{
    setObjectName(id + QStringLiteral("Page"));
    setAccessibleName(title);
}

void Page::timesChanged()
{
    for (auto* widget : findChildren<QWidget*>()) // headers and viewports are some of them
        widget->update();
}

void Page::openArgument(const QString&) {}
void Page::saveState(QSettings&) const {}
void Page::restoreState(QSettings&) {}

} // namespace ui
