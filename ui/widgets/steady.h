// A place for words that change often, such as "3,000 of 1,000,000 loaded": as long as they need no other
// room than before, nothing around them is laid out again. (A label by itself asks for that with every text,
// and the whole window is asked how high it is at its width, over and over.) Owned by its parent; GUI thread
// only.
#pragma once

#include <QWidget>

namespace ui {

class Steady final : public QWidget
{
    Q_OBJECT

public:
    // Takes the content over and shows it in its whole area.
    Steady(QWidget* content, QWidget* parent);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override;
    int heightForWidth(int width) const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    QSize needed() const; // least width, and the height at the present one
    void settle();

    QWidget* m_content;
    QSize m_told; // what the surroundings were laid out for
};

} // namespace ui
