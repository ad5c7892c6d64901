// Cells of a comparison: tones by verdict, a tint behind what differs, and the floor as a line with its
// words. Owned by its table; GUI thread only.
#pragma once

#include "ui/pages/tone_delegate.h"

namespace ui {

class ComparisonDelegate final : public ToneDelegate
{
    Q_OBJECT

public:
    ComparisonDelegate(const Theme& theme, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

private:
    void paintFloor(QPainter& painter, const QStyleOptionViewItem& option, const QString& text) const;

    const Theme& m_theme;
};

} // namespace ui
