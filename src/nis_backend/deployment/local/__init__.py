"""This machine as a target: a controller that does with processes what ECS and a load balancer do with tasks.

    target.py      what a command asks: starts the controller where none is, and speaks to it
    control.py     how the two speak
    controller.py  what is wanted, what is there, and the next step from one to the other
    rollout.py     how a deployment goes: counts, circuit breaker, alarm
    task.py        one process of an image: start, health, drain, end
    proxy.py       the load balancer in front of them
    state.py       what outlives the controller

A rehearsal is worth what it has in common with the real thing: counts, thresholds and orders are those that AWS
documents, and each says where.
"""
