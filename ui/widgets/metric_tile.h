// One figure with its title, unit, explanation and status; a button that leads to the page behind it. Figures
// stand still: each digit has a cell of its own. Owned by its page; GUI thread only.
#pragma once

#include <QAbstractButton>

#include "ui/theme/theme.h"

class QBoxLayout;

namespace ui {

class MetricTile final : public QAbstractButton
{
    Q_OBJECT

public:
    MetricTile(const Theme& theme, const QString& title, QWidget* parent);

    void setValue(const QString& value, const QString& unit);
    void setSubline(const QString& subline);
    // Over which time the figure is, beside the title: "last 10 s". Empty: of now, or the subline says it.
    void setWindow(const QString& window);
    void setLink(bool link); // leads somewhere: takes the focus, shows that it can be clicked. Not at first
    // The figure is not of now: it is dimmed; the window says of when it is.
    void setDated(bool dated);
    void setStatus(Tone status); // colour of the stripe; Normal and Muted: none
    QString title() const { return m_title; }
    QString value() const { return m_value; }
    QString unit() const { return m_unit; }
    QString subline() const { return m_subline; }
    QString window() const { return m_window; }
    Tone status() const { return m_status; }
    bool dated() const { return m_dated; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void updateText();

    const Theme& m_theme;
    QString m_title, m_value, m_unit, m_subline, m_window;
    Tone m_status = Tone::Normal;
    bool m_link = false;
    bool m_dated = false;
    bool m_focusShown = false; // it came by the keyboard
};

// A new tile at the end of a row of equals; name is its object name.
MetricTile* addTile(QBoxLayout& row, const Theme& theme, const char* name, const QString& title,
                    const QString& toolTip, QWidget* parent);

} // namespace ui
