// Asks before something that cannot be undone: what exactly, how many, and, where it matters most, a word to
// be typed first. Enter does not confirm by itself. GUI thread only.
#pragma once

#include <QDialog>

class QLineEdit;
class QPushButton;

namespace ui {

class Theme;

class DeedQuestion final : public QDialog
{
    Q_OBJECT

public:
    struct Words
    {
        QString window, question, detail, consequence, confirm;
        QString typed; // what has to be typed first; empty: nothing
    };
    DeedQuestion(const Theme& theme, const Words& words, QWidget* parent);

    QString question() const { return m_words.question; }
    QString detail() const { return m_words.detail; }

private:
    void build(const Theme& theme);

    const Words m_words;
    QLineEdit* m_typed = nullptr;
    QPushButton* m_confirm = nullptr;
};

} // namespace ui
