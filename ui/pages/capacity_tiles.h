// The figures at the head of the Capacity page: the fullest node, bytes a home timeline, bytes an entry,
// readers per GiB, readers and how many fit. Owned by the page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/capacity.h"
#include "ui/models/capacity_table.h"

namespace ui {

class MetricTile;
class Theme;

class CapacityTiles final : public QWidget
{
    Q_OBJECT

public:
    CapacityTiles(const Theme& theme, QWidget* parent);

    void setCapacity(const backend::Capacity* capacity); // null: not weighed yet
    void setNodes(const std::vector<NodeRoomRow>& rows);

private:
    void showRoom(const backend::Capacity& capacity);

    MetricTile* m_fullest = nullptr;
    MetricTile *m_perReader = nullptr, *m_perEntry = nullptr, *m_perGiB = nullptr, *m_room = nullptr;
};

} // namespace ui
