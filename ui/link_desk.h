// Copies a link to what is shown (Ctrl+L) and opens links: by paste (Ctrl+V where no text field has the
// focus), or from a field. Refuses with one sentence. Owned by the window; GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>

#include "ui/bridge/deep_link.h"

#include <functional>

class QToolButton;
class QWidget;

namespace ui {

class LinkDialog;
class Theme;

class LinkDesk final : public QObject
{
    Q_OBJECT

public:
    struct Window
    {
        std::function<DeepLink()> here;     // what is shown; cluster empty: nothing
        std::function<QStringList()> pages; // that there are
        std::function<void(const QString& page, const QString& argument)> show;
        std::function<void(const QString& text)> say; // for some seconds
    };
    LinkDesk(const Theme& theme, Window window, QWidget* parent);

    // A button with a menu of both, for the window to place.
    QToolButton* makeButton(QWidget* parent);

    void copyLink();
    void pasteLink();
    void askForLink();
    // Empty: it is open. Else why not.
    QString open(const QString& text);

private:
    void showDialog(const QString& text, const QString& problem);

    const Theme& m_theme;
    Window m_window;
    QPointer<LinkDialog> m_dialog;
};

} // namespace ui
