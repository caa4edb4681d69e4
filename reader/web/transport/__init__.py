"""Connections: name resolution, the policy for IP addresses, proxies, request slots."""
