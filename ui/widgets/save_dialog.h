// Asks where a file is to be written. A name without an extension gets the chosen filter's before the dialog
// asks about a file that is there already. GUI thread only.
#pragma once

#include <QString>
#include <QStringList>

class QWidget;

namespace ui {

// suggested: whole path. filters: "PDF document (*.pdf)" …, the first is chosen. Empty: nothing was chosen,
// or the parent is gone.
QString askWhereToSave(QWidget* parent, const QString& title, const QString& suggested,
                       const QStringList& filters);

} // namespace ui
