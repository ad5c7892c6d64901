// Asks for a link, and says why one cannot be opened. Owned by the window; GUI thread only.
#pragma once

#include <QDialog>

#include <functional>

class QLineEdit;

namespace ui {

class Label;
class Theme;

class LinkDialog final : public QDialog
{
    Q_OBJECT

public:
    // Returns empty when the link is open, else why not.
    using Open = std::function<QString(const QString& text)>;
    LinkDialog(const Theme& theme, Open open, QWidget* parent);

    void ask(const QString& text, const QString& problem);

private:
    void tryToOpen();
    void say(const QString& problem);

    Open m_open;
    QLineEdit* m_field = nullptr;
    Label* m_hint = nullptr; // while there is no problem
    Label* m_problem = nullptr;
};

} // namespace ui
