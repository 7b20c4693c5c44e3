"""Where do two models predict differently? `pair` puts both side by side, `measured` runs them on texts, `diverge`
looks for the shortest text that tells them apart, or proves that there is none."""
