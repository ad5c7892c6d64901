// A choice of a few, one of which stands: buttons in a row, joined; the arrow keys move between them. Owned
// by its parent; GUI thread only.
#pragma once

#include <QWidget>

#include <vector>

class QToolButton;

namespace ui {

class Segments final : public QWidget
{
    Q_OBJECT

public:
    struct Choice
    {
        const char* name; // object name of its button
        QString text, toolTip;
    };

    // name: what screen readers call the whole. The first is chosen.
    Segments(const QString& name, const std::vector<Choice>& choices, QWidget* parent);

    int current() const { return m_current; }
    void setCurrent(int index); // out of range: does nothing

signals:
    void currentChanged(int index);

private:
    std::vector<QToolButton*> m_buttons;
    int m_current = 0;
};

} // namespace ui
