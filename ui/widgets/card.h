// A calm surface with a title row and a body. Owned by its parent; GUI thread only.
#pragma once

#include <QFrame>

#include "ui/theme/theme.h"

class QHBoxLayout;
class QVBoxLayout;

namespace ui {

class Label;

class Card : public QFrame
{
    Q_OBJECT

public:
    // No title row while title, subtitle and tools are all empty.
    Card(const Theme& theme, const QString& title, QWidget* parent);

    void setTitle(const QString& title);
    QString title() const;
    void setSubtitle(const QString& subtitle, Tone tone = Tone::Muted); // at the right
    void addTool(QWidget* tool); // right of the subtitle: a small button or a box
    // Where the content goes; margins are set.
    QVBoxLayout* body() const { return m_body; }

protected:
    void paintEvent(QPaintEvent* event) override;
    const Theme& theme() const { return m_theme; }

private:
    void updateHead();

    const Theme& m_theme;
    QWidget* m_head = nullptr;
    QHBoxLayout* m_headRow = nullptr;
    Label* m_title = nullptr;
    Label* m_subtitle = nullptr;
    bool m_hasTools = false;
    QVBoxLayout* m_body = nullptr;
};

} // namespace ui
