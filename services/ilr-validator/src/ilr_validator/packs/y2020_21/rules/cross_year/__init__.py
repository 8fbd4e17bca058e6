"""Rules that compare a learner with the return of the year before."""
