"""Locust's FastHttpUser: N users that ask without a pause."""

import sys

import gevent
import gevent.os
from locust import FastHttpUser, task
from locust.env import Environment


class Visitor(FastHttpUser):
    host = f"http://127.0.0.1:{sys.argv[1]}"

    @task
    def browse(self) -> None:
        self.client.get("/web/v1/products/sku-1")


def main(users: int) -> None:
    runner = Environment(user_classes=[Visitor]).create_local_runner()
    runner.start(users, spawn_rate=users)
    gevent.os.tp_read(sys.stdin.fileno(), 1)
    runner.quit()


if __name__ == "__main__":
    main(int(sys.argv[2]))
