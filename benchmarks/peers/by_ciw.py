"""Cases a, b and c in Ciw."""

from __future__ import annotations

import ciw

from benchmarks.models import Line


def line(model: Line, customers: int, seed: int) -> tuple[int, float]:
    """Visits made, and the mean time from arrival to departure."""
    count = len(model.servers)
    onward = 1.0 - model.rework
    routing = [[model.rework if i == j else onward if j == i + 1 else 0.0 for j in range(count)] for i in range(count)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(model.rate)] + [None] * (count - 1),
        service_distributions=[ciw.dists.Exponential(1.0 / mean) for mean in model.services],
        number_of_servers=list(model.servers),
        routing=routing,
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(customers, method="Finish")
    arrived: dict[int, float] = {}
    left: dict[int, float] = {}
    visits = 0
    for record in simulation.get_all_records(only=["service"]):
        number = record.id_number
        arrived[number] = min(arrived.get(number, record.arrival_date), record.arrival_date)
        if record.destination == -1:
            left[number] = record.exit_date
        visits += 1
    return visits, sum(left[number] - arrived[number] for number in left) / len(left)
