// A calm surface with a title row (title left, subtitle right) and a body. Follows the theme. GUI thread.
#pragma once

#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace ui {

class Card : public QFrame
{
    Q_OBJECT

public:
    explicit Card(const QString& title, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setSubtitle(const QString& text);
    QVBoxLayout* body() { return m_body; } // below the title row
    void addToTitleRow(QWidget* widget);   // right of the subtitle

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void follow();

    QLabel* m_title;
    QLabel* m_subtitle;
    class QHBoxLayout* m_row;
    QVBoxLayout* m_body;
};

} // namespace ui
