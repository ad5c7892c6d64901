// What this desktop's monitoring costs the nodes: requests and bytes a second as counted in its own clients,
// and how long its probes take. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/models/node_tables.h"

namespace ui {

class HintedTable;
class Label;

class OwnCostView final : public QWidget
{
    Q_OBJECT

public:
    OwnCostView(const Theme& theme, QWidget* parent);

    void setCost(const backend::OwnCost& cost);

private:
    NodeCostModel* m_model = nullptr;
    Label* m_summary = nullptr;
    HintedTable* m_table = nullptr;
};

} // namespace ui
