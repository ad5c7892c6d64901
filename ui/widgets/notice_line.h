// A line for what nobody must miss: what is wrong, strong and in its tone, then why, and a button that leads
// to where one does something about it. Hidden while there is nothing to say. GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

class QToolButton;

namespace ui {

class Label;

class NoticeLine final : public QWidget
{
    Q_OBJECT

public:
    NoticeLine(const Theme& theme, QWidget* parent);
    void setLink(const QString& link); // the button's words
    // A second one, which does what ends it; empty: there is none. blocked: why it cannot be pressed now.
    void setDeed(const QString& deed, const QString& blocked = {});

    // An empty headline hides it.
    void say(const QString& headline, const QString& details, Tone tone);
    QString headline() const;
    QString details() const;

signals:
    void linkActivated();
    void deedActivated();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    Tone m_tone = Tone::Critical;
    Label *m_headline = nullptr, *m_details = nullptr;
    QToolButton *m_deed = nullptr, *m_link = nullptr;
};

} // namespace ui
