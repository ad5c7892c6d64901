#include "ui/pages/page.h"

#include <QAbstractItemView>

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
    for (auto* view : findChildren<QAbstractItemView*>())
        view->viewport()->update();
    refresh();
}

void Page::openArgument(const QString&) {}
void Page::saveState(QSettings&) const {}
void Page::restoreState(QSettings&) {}

} // namespace ui
