"""What tests share: cells, netlists, machines and texts to try things on, plain evaluators, fake and real tools."""
