"""A zone is lost while customers ask for quotes: they do not notice."""


def test_a_lost_zone_is_not_noticed(nfr_region, nfr_load, nfr_deployment):
    quotes = f"{nfr_deployment.url}/quotes/sku-1"

    with nfr_region.kill("zone-b", get="/healthz"):
        result = nfr_load.get(quotes, rate=100, duration="8 s")

    assert result.availability > "98 %"
    assert result.latency.p99 < "250 ms"
