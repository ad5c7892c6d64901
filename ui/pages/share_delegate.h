// A cell as a bar of two parts: the first as long as the cell's SortRole says (0 … 1), the second the rest.
// Not known: its text. GUI thread only.
#pragma once

#include "ui/pages/tone_delegate.h"

namespace ui {

class ShareDelegate final : public ToneDelegate
{
    Q_OBJECT

public:
    // Theme::series of the two parts.
    ShareDelegate(const Theme& theme, int first, int second, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

private:
    const Theme& m_theme;
    const int m_first, m_second;
};

} // namespace ui
